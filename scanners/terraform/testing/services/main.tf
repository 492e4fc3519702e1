terraform {
  required_version = ">= 1.5"
}

variable "environment" {
  type    = string
  default = "dev"
}

variable "services" {
  type = map(object({
    port   = number
    public = optional(bool, false)
    tags   = optional(map(string), {})
  }))
}

locals {
  prefix  = "trading-${var.environment}"
  public  = { for name, service in var.services : name => service if service.public }
  subnets = cidrsubnets("10.20.0.0/16", 4, 4, 8)
  rules = flatten([
    for name, service in var.services : [
      for offset in range(2) : { name = "${name}-${offset}", port = service.port + offset }
    ]
  ])
}

resource "terraform_data" "base" {
  input = {
    prefix  = local.prefix
    subnets = local.subnets
    sum     = sha256(local.prefix)
    policy  = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:Get*"] }] })
    nothing = null
  }
}

resource "terraform_data" "service" {
  for_each = var.services
  input    = merge(each.value, { name = "${local.prefix}-${each.key}", owner = terraform_data.base.id })
}

resource "terraform_data" "rule" {
  count            = length(local.rules)
  input            = local.rules[count.index]
  triggers_replace = [terraform_data.service["orders"].id, count.index]
}

module "store" {
  source   = "./m"
  for_each = local.public
  name     = each.key
  owner    = terraform_data.base.id
  settings = { retention = 30 }
}

resource "terraform_data" "reader" {
  input = {
    store = [for store in module.store : store.id]
    first = module.store["orders"].name
  }
}
