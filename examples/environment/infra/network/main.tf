# `terraform_data` is built in: it stands for what your provider would make.
variable "prefix" {
  type = string
}

resource "terraform_data" "network" {
  input = "${var.prefix}-network"
}

output "id" {
  value = terraform_data.network.output
}
