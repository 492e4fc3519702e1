variable "target" {}

resource "terraform_data" "satellite" {
  count            = 1
  triggers_replace = var.target
}
