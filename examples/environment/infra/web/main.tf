variable "prefix" {
  type = string
}

variable "network" {
  type = string
}

resource "terraform_data" "web" {
  input = "${var.prefix} in ${var.network}"
}

# An output with this name is the environment's part of the service directory: portcullis environments, GET /v1/services.
output "endpoints" {
  value = { web = "https://${var.prefix}.example.com" }
}
