variable "name" { type = string }
variable "owner" {}
variable "settings" {
  type = object({
    retention = number
    versioned = optional(bool, true)
  })
}

resource "terraform_data" "this" {
  input = {
    name     = upper(var.name)
    settings = var.settings
  }
  triggers_replace = var.owner
}

module "inner" {
  source = "./inner"
  target = terraform_data.this.id
}

output "id" { value = terraform_data.this.id }
output "name" { value = "store-${lower(terraform_data.this.input.name)}" }
