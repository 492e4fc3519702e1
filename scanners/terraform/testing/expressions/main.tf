variable "cfg" {
  type = map(object({
    size  = optional(number, 3)
    tags  = optional(map(string))
    inner = optional(object({ on = optional(bool, true), list = optional(list(string), ["z"]) }), {})
    any   = optional(any, "x")
  }))
  default = { a = {}, b = { size = "7", inner = { list = [1] }, tags = { k = 1 } } }
}
variable "l" {
  type    = set(string)
  default = ["q", "p", "q"]
}
variable "t" {
  type    = tuple([string, number])
  default = [1, "2"]
}
variable "nn" {
  type     = number
  default  = 5
  nullable = false
}
variable "free" { default = { a = [1, "x", true], b = null } }
locals {
  flat = { for p in setproduct(keys(var.cfg), var.l) : "${p[0]}/${p[1]}" => p }
  z    = { for k, v in var.cfg : v.size > 5 ? "big" : "small" => k... }
}
resource "terraform_data" "a" { input = var.cfg }
resource "terraform_data" "b" {
  for_each = local.flat
  input    = { k = each.key, v = each.value, u = terraform_data.a.input["b"].size, o = terraform_data.a.output }
}
resource "terraform_data" "c" { input = [var.l, var.t, var.free, local.z] }
module "m" {
  source = "./m"
  count  = 2
  nn     = null
  i      = count.index
  ids    = [for k, b in terraform_data.b : b.id]
}
resource "terraform_data" "d" { input = module.m[*].o }
resource "terraform_data" "e" { input = { for i, m in module.m : i => m.o2 } }
resource "terraform_data" "f" { input = length(terraform_data.b) }
resource "terraform_data" "g" { input = [for k in sort(keys(terraform_data.b)) : terraform_data.b[k].input.k] }
resource "terraform_data" "h" { input = terraform_data.z[*].id }
resource "terraform_data" "z" { count = 0 }
resource "terraform_data" "i" { input = one(terraform_data.z[*].id) }
resource "terraform_data" "j" { input = try(terraform_data.z[0].id, "none") }
resource "terraform_data" "k" { input = values(terraform_data.b)[*].input.k }
resource "terraform_data" "l" { input = coalesce(one(terraform_data.z[*].id), "x") }
resource "terraform_data" "m" { input = terraform_data.a[*].input["a"].size }
resource "terraform_data" "n" { input = terraform_data.a.input == null ? "a" : "b" }
resource "terraform_data" "o" { input = "${path.module}|${path.root}|${terraform.workspace}" }
resource "terraform_data" "p" { input = lookup(terraform_data.a.input, "a").inner }
resource "terraform_data" "q" { input = merge([for m in module.m : { (m.p) = m.o2 }]...) }
