variable "nn" {
  type = number
  default = 9
  nullable = false
}
variable "i" {}
variable "ids" { type = list(string) }
resource "terraform_data" "x" {
  count = var.i
  input = { n = var.nn, f = fileexists("${path.module}/main.tf"), ids = length(var.ids), first = var.ids[0] }
}
output "o" { value = try(terraform_data.x[0].input.n, "no") }
output "o2" { value = "${path.module}-${var.i}" }
output "p" { value = "k${var.i}" }
