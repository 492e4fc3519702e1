services = {
  orders = { port = 8080, public = true }
  risk   = { port = 9090, tags = { tier = "1" } }
}
