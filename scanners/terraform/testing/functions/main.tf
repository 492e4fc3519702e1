locals {
 object = { a = 1 }
}
resource "terraform_data" "e0" {
 input = upper("a")
}
resource "terraform_data" "e1" {
 input = 1 + 2 * 3
}
resource "terraform_data" "e2" {
 input = true ? "a" : "b"
}
resource "terraform_data" "e3" {
 input = "${1 + 1}x"
}
resource "terraform_data" "e4" {
 input = [for x in ["a", "b"] : upper(x)]
}
resource "terraform_data" "e5" {
 input = { for k, v in { a = 1, b = 2 } : k => v * 2 if k != "a" }
}
resource "terraform_data" "e6" {
 input = [{ a = 1 }, { a = 2 }][*].a
}
resource "terraform_data" "e7" {
 input = abs(-3)
}
resource "terraform_data" "e8" {
 input = ceil(1.2)
}
resource "terraform_data" "e9" {
 input = floor(1.8)
}
resource "terraform_data" "e10" {
 input = max(1, 5, 3)
}
resource "terraform_data" "e11" {
 input = min(4, 2)
}
resource "terraform_data" "e12" {
 input = pow(2, 10)
}
resource "terraform_data" "e13" {
 input = signum(-4)
}
resource "terraform_data" "e14" {
 input = parseint("ff", 16)
}
resource "terraform_data" "e15" {
 input = 9007199254740993
}
resource "terraform_data" "e16" {
 input = chomp("a\n")
}
resource "terraform_data" "e17" {
 input = endswith("abc", "bc")
}
resource "terraform_data" "e18" {
 input = startswith("abc", "bc")
}
resource "terraform_data" "e19" {
 input = strcontains("abc", "b")
}
resource "terraform_data" "e20" {
 input = format("%s-%03d", "a", 7)
}
resource "terraform_data" "e21" {
 input = formatlist("%s!", ["a", "b"])
}
resource "terraform_data" "e22" {
 input = indent(2, "a\nb")
}
resource "terraform_data" "e23" {
 input = join(",", ["a", "b"])
}
resource "terraform_data" "e24" {
 input = regex("[a-z]+", "12ab")
}
resource "terraform_data" "e25" {
 input = regexall("[a-z]", "a1b")
}
resource "terraform_data" "e26" {
 input = replace("aba", "a", "c")
}
resource "terraform_data" "e27" {
 input = replace("a1b2", "/[0-9]/", "")
}
resource "terraform_data" "e28" {
 input = split(",", "a,b")
}
resource "terraform_data" "e29" {
 input = strrev("abc")
}
resource "terraform_data" "e30" {
 input = substr("hello", 1, 3)
}
resource "terraform_data" "e31" {
 input = title("ab cd")
}
resource "terraform_data" "e32" {
 input = trim("xax", "x")
}
resource "terraform_data" "e33" {
 input = trimprefix("xa", "x")
}
resource "terraform_data" "e34" {
 input = trimspace(" a ")
}
resource "terraform_data" "e35" {
 input = alltrue([true, false])
}
resource "terraform_data" "e36" {
 input = anytrue([true, false])
}
resource "terraform_data" "e37" {
 input = chunklist(["a", "b", "c"], 2)
}
resource "terraform_data" "e38" {
 input = coalesce(null, "", "x")
}
resource "terraform_data" "e39" {
 input = coalescelist([], ["a"])
}
resource "terraform_data" "e40" {
 input = compact(["a", "", null])
}
resource "terraform_data" "e41" {
 input = concat(["a"], ["b"])
}
resource "terraform_data" "e42" {
 input = contains(["a"], "a")
}
resource "terraform_data" "e43" {
 input = distinct(["a", "a"])
}
resource "terraform_data" "e44" {
 input = element(["a", "b"], 3)
}
resource "terraform_data" "e45" {
 input = flatten([["a"], ["b", ["c"]]])
}
resource "terraform_data" "e46" {
 input = index(["a", "b"], "b")
}
resource "terraform_data" "e47" {
 input = keys({ b = 1, a = 2 })
}
resource "terraform_data" "e48" {
 input = length({ a = 1 })
}
resource "terraform_data" "e49" {
 input = length("añ")
}
resource "terraform_data" "e50" {
 input = lookup({ a = "x" }, "b", "y")
}
resource "terraform_data" "e51" {
 input = lookup({ a = "x" }, "a")
}
resource "terraform_data" "e52" {
 input = matchkeys(["a", "b"], ["1", "2"], ["2"])
}
resource "terraform_data" "e53" {
 input = merge({ a = 1 }, { b = 2 }, null)
}
resource "terraform_data" "e54" {
 input = one([])
}
resource "terraform_data" "e55" {
 input = one(["a"])
}
resource "terraform_data" "e56" {
 input = range(3)
}
resource "terraform_data" "e57" {
 input = reverse([1, 2])
}
resource "terraform_data" "e58" {
 input = setintersection(["a", "b"], ["b"])
}
resource "terraform_data" "e59" {
 input = setproduct(["a"], ["x", "y"])
}
resource "terraform_data" "e60" {
 input = setsubtract(["a", "b"], ["a"])
}
resource "terraform_data" "e61" {
 input = setunion(["a"], ["b"])
}
resource "terraform_data" "e62" {
 input = slice(["a", "b", "c"], 1, 2)
}
resource "terraform_data" "e63" {
 input = sort(["b", "a"])
}
resource "terraform_data" "e64" {
 input = sum([1, 2.5])
}
resource "terraform_data" "e65" {
 input = transpose({ a = ["x", "y"] })
}
resource "terraform_data" "e66" {
 input = values({ a = 1 })
}
resource "terraform_data" "e67" {
 input = zipmap(["a"], [1])
}
resource "terraform_data" "e68" {
 input = base64encode("hi")
}
resource "terraform_data" "e69" {
 input = base64decode("aGk=")
}
resource "terraform_data" "e70" {
 input = csvdecode("a,b\n1,2\n")
}
resource "terraform_data" "e71" {
 input = jsondecode("{\"a\": [1]}")
}
resource "terraform_data" "e72" {
 input = jsonencode({ a = true })
}
resource "terraform_data" "e73" {
 input = yamldecode("a: [1, x]")
}
resource "terraform_data" "e74" {
 input = yamlencode({ a = 1 })
}
resource "terraform_data" "e75" {
 input = urlencode("a b&")
}
resource "terraform_data" "e76" {
 input = textencodebase64("a", "UTF-16LE")
}
resource "terraform_data" "e77" {
 input = md5("a")
}
resource "terraform_data" "e78" {
 input = sha1("a")
}
resource "terraform_data" "e79" {
 input = base64sha256("a")
}
resource "terraform_data" "e80" {
 input = uuidv5("dns", "www.terraform.io")
}
resource "terraform_data" "e81" {
 input = cidrhost("10.0.0.0/8", 5)
}
resource "terraform_data" "e82" {
 input = cidrnetmask("172.16.0.0/12")
}
resource "terraform_data" "e83" {
 input = cidrsubnet("10.0.0.0/16", 8, 2)
}
resource "terraform_data" "e84" {
 input = cidrsubnets("10.1.0.0/16", 4, 4, 8, 4)
}
resource "terraform_data" "e85" {
 input = formatdate("YYYY", "2020-01-02T03:04:05Z")
}
resource "terraform_data" "e86" {
 input = timeadd("2020-01-01T00:00:00Z", "1h")
}
resource "terraform_data" "e87" {
 input = timecmp("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")
}
resource "terraform_data" "e88" {
 input = try(local.object.missing, "x")
}
resource "terraform_data" "e89" {
 input = can(local.object.missing)
}
resource "terraform_data" "e90" {
 input = can(local.object.a)
}
resource "terraform_data" "e91" {
 input = tobool("true")
}
resource "terraform_data" "e92" {
 input = tonumber("5")
}
resource "terraform_data" "e93" {
 input = tostring(5)
}
resource "terraform_data" "e94" {
 input = toset(["b", "a", "b"])
}
resource "terraform_data" "e95" {
 input = tolist(["a"])
}
resource "terraform_data" "e96" {
 input = tomap({ a = 1 })
}
resource "terraform_data" "e97" {
 input = issensitive(sensitive("a"))
}
resource "terraform_data" "e98" {
 input = nonsensitive(sensitive("a"))
}
resource "terraform_data" "e100" {
 input = templatefile("${path.module}/t.tpl", { names = ["a", "b"] })
}
resource "terraform_data" "e101" {
 input = file("t.txt")
}
resource "terraform_data" "e102" {
 input = fileexists("t.txt")
}
resource "terraform_data" "e103" {
 input = fileexists("no.txt")
}
resource "terraform_data" "e104" {
 input = fileset(path.module, "*.t*t")
}
resource "terraform_data" "e105" {
 input = filemd5("t.txt")
}
resource "terraform_data" "e106" {
 input = basename("a/b")
}
resource "terraform_data" "e107" {
 input = dirname("a/b")
}
resource "terraform_data" "e108" {
 input = terraform.workspace
}
resource "terraform_data" "e109" {
 input = path.module
}
resource "terraform_data" "e110" {
 input = core::upper("a")
}
resource "terraform_data" "e111" {
 input = "%{ if true }yes%{ else }no%{ endif }"
}
resource "terraform_data" "e113" {
 input = cidrhost("10.0.0.0/24", -2)
}
resource "terraform_data" "e114" {
 input = cidrsubnet("fd00:fd12:3456:7890::/56", 16, 162)
}
resource "terraform_data" "e115" {
 input = lookup({a="x"}, "c", null)
}
resource "terraform_data" "e116" {
 input = coalesce("", null, 3)
}
resource "terraform_data" "e117" {
 input = format("%v %s %t", [1,2], "a", true)
}
resource "terraform_data" "e118" {
 input = formatlist("%s=%s", ["a","b"], "c")
}
resource "terraform_data" "e119" {
 input = merge({a={b=1}}, {a={c=2}})
}
resource "terraform_data" "e120" {
 input = substr("hello", -3, -1)
}
resource "terraform_data" "e122" {
 input = title("élan vital")
}
resource "terraform_data" "e123" {
 input = replace("hello", "/(l+)/", "<$1>")
}
resource "terraform_data" "e124" {
 input = zipmap([],[])
}
resource "terraform_data" "e125" {
 input = setproduct([], ["a"])
}
resource "terraform_data" "e126" {
 input = yamlencode({a=["x", 1.5, null, true], b={}})
}
resource "terraform_data" "e127" {
 input = jsonencode({a="<&>", b=1.0, c=1e3, d=[]})
}
resource "terraform_data" "e128" {
 input = urlencode("ä/ö ~*")
}
resource "terraform_data" "e129" {
 input = element(["a"], -1)
}
resource "terraform_data" "e130" {
 input = index(["a","b"], "b")
}
resource "terraform_data" "e131" {
 input = flatten(["a", [["b"], []]])
}
resource "terraform_data" "e132" {
 input = distinct([1,"1"])
}
resource "terraform_data" "e133" {
 input = sort(["10","9","a","B"])
}
resource "terraform_data" "e134" {
 input = tostring(1e21)
}
resource "terraform_data" "e135" {
 input = tostring(0.1+0.2)
}
resource "terraform_data" "e136" {
 input = 1/3
}
resource "terraform_data" "e137" {
 input = 10 % 3
}
resource "terraform_data" "e138" {
 input = -7 % 3
}
resource "terraform_data" "e139" {
 input = parseint("-11", 2)
}
resource "terraform_data" "e140" {
 input = log(8,2)
}
resource "terraform_data" "e141" {
 input = title("a-b c")
}
resource "terraform_data" "e142" {
 input = chunklist([],2)
}
resource "terraform_data" "e143" {
 input = range(10,0,-3)
}
resource "terraform_data" "e144" {
 input = range(0)
}
resource "terraform_data" "e145" {
 input = slice([1,2,3],0,0)
}
resource "terraform_data" "e146" {
 input = transpose({})
}
resource "terraform_data" "e147" {
 input = one(toset(["q"]))
}
resource "terraform_data" "e148" {
 input = length(toset(["a","a"]))
}
resource "terraform_data" "e149" {
 input = contains(["1"], 1)
}
resource "terraform_data" "e150" {
 input = matchkeys(["a","b","c"],[1,2,1],[1])
}
resource "terraform_data" "e151" {
 input = trim("  a  ", " ")
}
resource "terraform_data" "e152" {
 input = indent(3,"a\nb\n")
}
resource "terraform_data" "e153" {
 input = split("", "abc")
}
resource "terraform_data" "e154" {
 input = join("-", [1,2])
}
resource "terraform_data" "e155" {
 input = csvdecode("a\n1\n2")
}
resource "terraform_data" "e156" {
 input = yamldecode("- a\n- {b: !!str 1}\n")
}
resource "terraform_data" "e157" {
 input = can(tonumber("x"))
}
resource "terraform_data" "e158" {
 input = try(tonumber("x"), "fb")
}
resource "terraform_data" "e159" {
 input = tobool("false")
}
resource "terraform_data" "e160" {
 input = base64gzip("a") == null
}
resource "terraform_data" "e161" {
 input = startswith("","")
}
resource "terraform_data" "e162" {
 input = sum([1,"2"])
}
resource "terraform_data" "e163" {
 input = alltrue([])
}
resource "terraform_data" "e164" {
 input = anytrue([])
}
resource "terraform_data" "e165" {
 input = lower("ÄB")
}
resource "terraform_data" "e166" {
 input = strrev("añ")
}
resource "terraform_data" "e167" {
 input = md5(file("t.txt"))
}
resource "terraform_data" "e168" {
 input = fileset(".", "**/*.txt")
}
resource "terraform_data" "e169" {
 input = timeadd("2017-11-22T00:00:00Z", "-10m")
}
resource "terraform_data" "e170" {
 input = formatdate("DD MMM YYYY hh:mm ZZZ", "2018-01-02T23:12:01Z")
}
resource "terraform_data" "e171" {
 input = abs("-3")
}
resource "terraform_data" "e172" {
 input = ceil("2.1")
}
resource "terraform_data" "e173" {
 input = {for s in ["a","b","a"] : s => s...}
}
resource "terraform_data" "e174" {
 input = [for i, v in ["x","y"] : "${i}${v}"]
}
resource "terraform_data" "e175" {
 input = {for k,v in {b=1,a=2} : v => k}
}
resource "terraform_data" "e176" {
 input = [for v in toset(["b","a"]) : v]
}
resource "terraform_data" "e177" {
 input = "%{for x in [1,2]~} ${x} %{endfor~}"
}
resource "terraform_data" "e178" {
 input = textdecodebase64("YQA=","UTF-16LE")
}
resource "terraform_data" "e179" {
 input = sha512("a")
}
resource "terraform_data" "e180" {
 input = base64sha512("a")
}
resource "terraform_data" "e181" {
 input = coalescelist([], [1], [2])
}
resource "terraform_data" "e182" {
 input = compact(["a","", null])
}
resource "terraform_data" "e183" {
 input = keys({b=1,a=2,C=3})
}
resource "terraform_data" "e184" {
 input = values({b=1,a=2})
}
resource "terraform_data" "e185" {
 input = max(1,"3")
}
resource "terraform_data" "e186" {
 input = null
}
resource "terraform_data" "e187" {
 input = [null]
}
resource "terraform_data" "e188" {
 input = {a=null}
}
resource "terraform_data" "e189" {
 input = true && false || true
}
resource "terraform_data" "e190" {
 input = !true
}
resource "terraform_data" "e191" {
 input = 1 == "1"
}
resource "terraform_data" "e192" {
 input = "a" == "a"
}
resource "terraform_data" "e193" {
 input = [1] == [1]
}
resource "terraform_data" "e194" {
 input = toset([1,2]) == toset([2,1])
}
resource "terraform_data" "e195" {
 input = tolist(["a"]) == ["a"]
}
resource "terraform_data" "e196" {
 input = nonsensitive(sensitive(3))
}
resource "terraform_data" "e197" {
 input = ephemeralasnull(1)
}
