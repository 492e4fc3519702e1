resource "aws_ebs_volume" "orders" {
  availability_zone = "eu-west-1a"
  size              = 20
  encrypted         = true # with the key of the account

  tags = {
    Name = "orders"
  }
}
