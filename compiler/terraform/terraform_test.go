package terraform

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// evaluateFiles writes the files to a folder and evaluates it.
func evaluateFiles(t *testing.T, files map[string]string, extra map[string]any) response {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	request := map[string]any{"root": root}
	for key, value := range extra {
		request[key] = value
	}
	bytes, _ := json.Marshal(request)
	result, err := Evaluate(bytes)
	if err != nil {
		t.Fatal(err)
	}
	r := result.(response)
	for i := range r.Problems {
		r.Problems[i].File = strings.TrimPrefix(r.Problems[i].File, root+"/")
		r.Problems[i].Message = strings.ReplaceAll(r.Problems[i].Message, root, "ROOT")
	}
	return r
}

// valuesOf is the values of each resource by address, as compact JSON.
func valuesOf(r response) map[string]string {
	out := map[string]string{}
	for _, resource := range r.Resources {
		out[resource.Address] = string(resource.Values)
	}
	return out
}

func compare(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		g, _ := json.MarshalIndent(got, "", " ")
		w, _ := json.MarshalIndent(want, "", " ")
		t.Errorf("got %s\nwant %s", g, w)
	}
}

func TestExpressions(t *testing.T) {
	cases := []struct{ expression, want string }{
		{`upper("a")`, `"A"`}, {`1 + 2 * 3`, `7`}, {`true ? "a" : "b"`, `"a"`}, {`"${1 + 1}x"`, `"2x"`}, {`[for x in ["a", "b"] : upper(x)]`, `["A","B"]`},
		{`{ for k, v in { a = 1, b = 2 } : k => v * 2 if k != "a" }`, `{"b":4}`}, {`[{ a = 1 }, { a = 2 }][*].a`, `[1,2]`},
		{`abs(-3)`, `3`}, {`ceil(1.2)`, `2`}, {`floor(1.8)`, `1`}, {`max(1, 5, 3)`, `5`}, {`min(4, 2)`, `2`}, {`pow(2, 10)`, `1024`}, {`signum(-4)`, `-1`},
		{`parseint("ff", 16)`, `255`}, {`9007199254740993`, `9007199254740993`}, {`chomp("a\n")`, `"a"`}, {`endswith("abc", "bc")`, `true`},
		{`startswith("abc", "bc")`, `false`}, {`strcontains("abc", "b")`, `true`}, {`format("%s-%03d", "a", 7)`, `"a-007"`},
		{`formatlist("%s!", ["a", "b"])`, `["a!","b!"]`}, {`indent(2, "a\nb")`, `"a\n  b"`}, {`join(",", ["a", "b"])`, `"a,b"`},
		{`regex("[a-z]+", "12ab")`, `"ab"`}, {`regexall("[a-z]", "a1b")`, `["a","b"]`}, {`replace("aba", "a", "c")`, `"cbc"`},
		{`replace("a1b2", "/[0-9]/", "")`, `"ab"`}, {`split(",", "a,b")`, `["a","b"]`}, {`strrev("abc")`, `"cba"`}, {`substr("hello", 1, 3)`, `"ell"`},
		{`title("ab cd")`, `"Ab Cd"`}, {`trim("xax", "x")`, `"a"`}, {`trimprefix("xa", "x")`, `"a"`}, {`trimspace(" a ")`, `"a"`},
		{`alltrue([true, false])`, `false`}, {`anytrue([true, false])`, `true`}, {`chunklist(["a", "b", "c"], 2)`, `[["a","b"],["c"]]`},
		{`coalesce(null, "", "x")`, `"x"`}, {`coalescelist([], ["a"])`, `["a"]`}, {`compact(["a", "", null])`, `["a"]`}, {`concat(["a"], ["b"])`, `["a","b"]`},
		{`contains(["a"], "a")`, `true`}, {`distinct(["a", "a"])`, `["a"]`}, {`element(["a", "b"], 3)`, `"b"`}, {`flatten([["a"], ["b", ["c"]]])`, `["a","b","c"]`},
		{`index(["a", "b"], "b")`, `1`}, {`keys({ b = 1, a = 2 })`, `["a","b"]`}, {`length({ a = 1 })`, `1`}, {`length("añ")`, `2`}, {`lookup({ a = "x" }, "b", "y")`, `"y"`},
		{`lookup({ a = "x" }, "a")`, `"x"`}, {`lookup({ a = "x" }, "b", null)`, `null`}, {`lookup(tomap({ a = "x" }), "b", 1)`, `"1"`}, {`matchkeys(["a", "b"], ["1", "2"], ["2"])`, `["b"]`}, {`merge({ a = 1 }, { b = 2 }, null)`, `{"a":1,"b":2}`},
		{`one([])`, `null`}, {`one(["a"])`, `"a"`}, {`range(3)`, `[0,1,2]`}, {`reverse([1, 2])`, `[2,1]`}, {`setintersection(["a", "b"], ["b"])`, `["b"]`},
		{`setproduct(["a"], ["x", "y"])`, `[["a","x"],["a","y"]]`}, {`setsubtract(["a", "b"], ["a"])`, `["b"]`}, {`setunion(["a"], ["b"])`, `["a","b"]`},
		{`slice(["a", "b", "c"], 1, 2)`, `["b"]`}, {`sort(["b", "a"])`, `["a","b"]`}, {`sum([1, 2.5])`, `3.5`}, {`transpose({ a = ["x", "y"] })`, `{"x":["a"],"y":["a"]}`},
		{`values({ a = 1 })`, `[1]`}, {`zipmap(["a"], [1])`, `{"a":1}`}, {`base64encode("hi")`, `"aGk="`}, {`base64decode("aGk=")`, `"hi"`},
		{`csvdecode("a,b\n1,2\n")`, `[{"a":"1","b":"2"}]`}, {`jsondecode("{\"a\": [1]}")`, `{"a":[1]}`}, {`jsonencode({ a = true })`, `"{\"a\":true}"`},
		{`yamldecode("a: [1, x]")`, `{"a":[1,"x"]}`}, {`yamlencode({ a = 1 })`, `"\"a\": 1\n"`}, {`urlencode("a b&")`, `"a+b%26"`}, {`textencodebase64("a", "UTF-16LE")`, `"YQA="`},
		{`md5("a")`, `"0cc175b9c0f1b6a831c399e269772661"`}, {`sha1("a")`, `"86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"`},
		{`base64sha256("a")`, `"ypeBEsobvcr6wjGzmiPcTaeG7/gUfE5yuYB3ha/uSLs="`}, {`uuidv5("dns", "www.terraform.io")`, `"a5008fae-b28c-5ba5-96cd-82b4c53552d6"`},
		{`cidrhost("10.0.0.0/8", 5)`, `"10.0.0.5"`}, {`cidrnetmask("172.16.0.0/12")`, `"255.240.0.0"`}, {`cidrsubnet("10.0.0.0/16", 8, 2)`, `"10.0.2.0/24"`},
		{`cidrsubnets("10.1.0.0/16", 4, 4, 8, 4)`, `["10.1.0.0/20","10.1.16.0/20","10.1.32.0/24","10.1.48.0/20"]`},
		{`formatdate("YYYY", "2020-01-02T03:04:05Z")`, `"2020"`}, {`timeadd("2020-01-01T00:00:00Z", "1h")`, `"2020-01-01T01:00:00Z"`}, {`timecmp("2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z")`, `-1`},
		{`try(local.object.missing, "x")`, `"x"`}, {`can(local.object.missing)`, `false`}, {`can(local.object.a)`, `true`}, {`tobool("true")`, `true`}, {`tonumber("5")`, `5`},
		{`tostring(5)`, `"5"`}, {`toset(["b", "a", "b"])`, `["a","b"]`}, {`tolist(["a"])`, `["a"]`}, {`tomap({ a = 1 })`, `{"a":1}`}, {`issensitive(sensitive("a"))`, `true`},
		{`nonsensitive(sensitive("a"))`, `"a"`}, {`templatestring("x${"$"}{n}", { n = 1 })`, `"x1"`}, {`templatefile("${path.module}/t.tpl", { names = ["a", "b"] })`, `"a;b;"`},
		{`file("t.txt")`, `"text"`}, {`fileexists("t.txt")`, `true`}, {`fileexists("no.txt")`, `false`}, {`fileset(path.module, "*.t*t")`, `["t.txt"]`}, {`filemd5("t.txt")`, `"1cb251ec0d568de6a929b520c4aed8d1"`},
		{`basename("a/b")`, `"b"`}, {`dirname("a/b")`, `"a"`}, {`terraform.workspace`, `"default"`}, {`path.module`, `"."`}, {`core::upper("a")`, `"A"`},
		{"<<-EOT\n  a\n    b\nEOT\n", `"a\n  b\n"`}, {`"%{ if true }yes%{ else }no%{ endif }"`, `"yes"`},
	}
	for _, c := range cases {
		t.Run(c.expression, func(t *testing.T) {
			r := evaluateFiles(t, map[string]string{
				"main.tf": "locals {\n object = { a = 1 }\n}\nresource \"x\" \"y\" {\n  v = " + c.expression + "\n}\n",
				"t.txt":   "text", "t.tpl": "%{ for n in names }${n};%{ endfor }",
			}, nil)
			compare(t, r.Problems, []problem{})
			compare(t, valuesOf(r), map[string]string{"x.y": `{"v":` + c.want + `}`})
		})
	}
}

func TestUnknownExpressions(t *testing.T) {
	for _, expression := range []string{
		`timestamp()`, `uuid()`, `plantimestamp()`, `bcrypt("a")`, `rsadecrypt("a", "b")`, `provider::aws::arn_parse("a")`, `var.none`, `"a-${var.none}"`,
		`data.aws_region.here.name`, `self.id`, `upper(var.none)`, `try(var.none, "x")`, `var.none == null ? "a" : "b"`, `jsonencode({ a = var.none })`, `filebase64sha256("none.zip")`,
		`jsonencode(data.aws_region.here)`, `[for k, v in data.aws_region.here : k]`, `keys(data.aws_region.here)`, `merge(data.aws_region.here, { all = 1 }).all`,
	} {
		t.Run(expression, func(t *testing.T) {
			r := evaluateFiles(t, map[string]string{"main.tf": "variable \"none\" {}\ndata \"aws_region\" \"here\" {\n all = 2\n}\nresource \"x\" \"y\" {\n  v = " + expression + "\n}\n"}, nil)
			compare(t, r.Problems, []problem{})
			last := r.Resources[len(r.Resources)-1]
			compare(t, last.Unknown, []string{"/v"})
			compare(t, string(last.Values), `{}`)
		})
	}
}

func TestModules(t *testing.T) {
	r := evaluateFiles(t, map[string]string{
		"main.tf": `
provider "aws" { region = "eu-west-1" }
provider "aws" {
  alias  = "us"
  region = var.region
}
variable "region" { default = "us-east-1" }
module "store" {
  source    = "./modules/store"
  for_each  = toset(["a", "b"])
  bucket    = "logs-${each.key}"
  settings  = { versions = 3 }
  providers = { aws = aws.us }
}
resource "aws_s3_bucket_policy" "p" {
  bucket = module.store["a"].id
  policy = jsonencode({ Resource = [for m in module.store : m.arn] })
}
resource "aws_s3_bucket" "n" {
  count    = 2
  bucket   = "n-${count.index}"
  provider = aws.us
  dynamic "rule" {
    for_each = { x = 1, y = 2 }
    content {
      name  = rule.key
      value = rule.value
      inner { id = aws_s3_bucket_policy.p.id }
    }
  }
}
resource "aws_s3_bucket_acl" "n" {
  count  = 2
  bucket = aws_s3_bucket.n[count.index].id
  name   = aws_s3_bucket.n[count.index].bucket
  all    = aws_s3_bucket.n[*].arn
  lifecycle { prevent_destroy = true }
}
resource "aws_x" "none" { count = 0 }
`,
		"modules/store/main.tf": `
variable "bucket" { type = string }
variable "settings" {
  type = object({ versions = number, keep = optional(bool, true) })
}
locals { name = var.bucket }
resource "aws_s3_bucket" "b" {
  bucket = local.name
  keep   = var.settings.keep
}
output "id" { value = aws_s3_bucket.b.id }
output "arn" { value = aws_s3_bucket.b.arn }
`,
	}, nil)
	compare(t, r.Problems, []problem{})
	compare(t, valuesOf(r), map[string]string{
		`module.store["a"].aws_s3_bucket.b`: `{"bucket":"logs-a","keep":true}`,
		`module.store["b"].aws_s3_bucket.b`: `{"bucket":"logs-b","keep":true}`,
		`aws_s3_bucket_policy.p`:            `{}`,
		`aws_s3_bucket.n[0]`:                `{"bucket":"n-0","rule":[{"inner":[{}],"name":"x","value":1},{"inner":[{}],"name":"y","value":2}]}`,
		`aws_s3_bucket.n[1]`:                `{"bucket":"n-1","rule":[{"inner":[{}],"name":"x","value":1},{"inner":[{}],"name":"y","value":2}]}`,
		`aws_s3_bucket_acl.n[0]`:            `{"all":[null,null],"name":"n-0"}`,
		`aws_s3_bucket_acl.n[1]`:            `{"all":[null,null],"name":"n-1"}`,
	})
	by := map[string]resource{}
	for _, resource := range r.Resources {
		by[resource.Address] = resource
	}
	compare(t, by["aws_s3_bucket_policy.p"].References, map[string][]string{
		"/bucket": {`module.store["a"].aws_s3_bucket.b`},
		"/policy": {`module.store["a"].aws_s3_bucket.b`, `module.store["b"].aws_s3_bucket.b`},
	})
	compare(t, by["aws_s3_bucket_acl.n[1]"].References, map[string][]string{
		"/bucket": {"aws_s3_bucket.n[1]"}, "/name": {"aws_s3_bucket.n[1]"}, "/all": {"aws_s3_bucket.n[0]", "aws_s3_bucket.n[1]"},
		"/all/0": {"aws_s3_bucket.n[0]"}, "/all/1": {"aws_s3_bucket.n[1]"},
	})
	compare(t, by["aws_s3_bucket_acl.n[1]"].Unknown, []string{"/all/0", "/all/1", "/bucket"})
	compare(t, *by[`module.store["a"].aws_s3_bucket.b`].Region, "us-east-1")
	compare(t, *by["aws_s3_bucket.n[0]"].Region, "us-east-1")
	compare(t, *by["aws_s3_bucket_policy.p"].Region, "eu-west-1")
	rule := by["aws_s3_bucket.n[0]"].Positions["/rule/1/inner/0/id"]
	compare(t, []int{rule.Line, rule.Column}, []int{28, 15})
}

func TestInstancesUnknown(t *testing.T) {
	r := evaluateFiles(t, map[string]string{"main.tf": `
variable "n" {}
resource "a_x" "c" {
  count = var.n
  name  = "fixed"
  other = "x-${count.index}"
}
resource "a_y" "d" {
  for_each = a_x.c[0].ids
  key      = each.key
  ref      = a_x.c[0].name
  dynamic "rule" {
    for_each = var.n
    content { v = rule.value }
  }
}
`}, nil)
	compare(t, r.Problems, []problem{})
	compare(t, valuesOf(r), map[string]string{"a_x.c": `{"name":"fixed"}`, "a_y.d": `{"ref":"fixed"}`})
	compare(t, []bool{r.Resources[0].InstancesUnknown, r.Resources[1].InstancesUnknown}, []bool{true, true})
	compare(t, r.Resources[1].Unknown, []string{"/key", "/rule"})
	compare(t, r.Resources[1].References, map[string][]string{"/key": {"a_x.c"}, "/ref": {"a_x.c"}, "/rule": {"var.n"}})
}

func TestVariables(t *testing.T) {
	files := map[string]string{
		"main.tf": `
variable "a" { default = "default" }
variable "b" { type = number }
variable "c" { type = list(string) }
variable "d" {
  type     = string
  default  = "d"
  nullable = false
}
variable "e" { sensitive = true }
resource "x" "y" {
  a = var.a
  b = var.b
  c = var.c
  d = var.d
  e = var.e
}`,
		"terraform.tfvars":     "a = \"tfvars\"\nb = \"1\"\ne = \"secret\"\n",
		"z.auto.tfvars":        "b = 2\n",
		"a.auto.tfvars.json":   `{"b": 9, "d": null, "undeclared": 1}`,
		"main_override.tf":     "variable \"a\" {\n default = \"overridden\"\n}\n",
		"given/extra.tfvars":   "b = 3\n",
		"given/ignored.tfvars": "a = 7\n",
	}
	r := evaluateFiles(t, files, map[string]any{"variables": map[string]any{"c": `["p", "q"]`}})
	compare(t, valuesOf(r), map[string]string{"x.y": `{"a":"tfvars","b":2,"c":["p","q"],"d":"d","e":"secret"}`})
	compare(t, r.Problems, []problem{})
	delete(files, "terraform.tfvars")
	r = evaluateFiles(t, files, map[string]any{"variables": map[string]any{"b": "4", "nope": "1"}})
	compare(t, valuesOf(r), map[string]string{"x.y": `{"a":"overridden","b":4,"d":"d"}`})
	compare(t, r.Resources[0].Unknown, []string{"/c", "/e"})
	compare(t, r.Problems, []problem{{Problem: "unreadable", File: "variable nope", Message: "A value is given for the variable nope, but the root module in ROOT declares none of this name"}})
}

func TestOverridesAndJSON(t *testing.T) {
	r := evaluateFiles(t, map[string]string{
		"main.tf":     "resource \"aws_x\" \"a\" {\n  v = 1\n  w = 2\n  rule { p = 1 }\n  rule { p = 2 }\n  keep { q = 1 }\n}\nlocals {\n l = 1\n m = 2\n}\n",
		"override.tf": "resource \"aws_x\" \"a\" {\n  v = local.l\n  rule { p = 3 }\n}\nlocals {\n l = 5\n}\n",
		"more.tf.json": `{"//": "note", "variable": {"x": {"default": "${literal}"}}, "resource": {"aws_y": {"j": {
  "name": "n-${local.m}", "tags": {"k": "v"}, "rule": {"p": "${aws_x.a.v}"}, "list": [{"a": 12345678901234567890}],
  "count": "${1 + 1}", "provider": "aws.us", "flag": "${true}",
  "dynamic": {"opt": {"for_each": ["u"], "content": {"value": "${opt.value}"}}}}}}}`,
	}, nil)
	compare(t, r.Problems, []problem{})
	j := `{"flag":true,"list":[{"a":12345678901234567890}],"name":"n-2","opt":[{"value":"u"}],"rule":[{"p":5}],"tags":{"k":"v"}}`
	compare(t, valuesOf(r), map[string]string{"aws_x.a": `{"keep":[{"q":1}],"rule":[{"p":3}],"v":5,"w":2}`, "aws_y.j[0]": j, "aws_y.j[1]": j})
	place := r.Resources[1].Positions["/rule/0/p"]
	compare(t, []int{place.Line, place.Column}, []int{2, 56})
}

func TestProblems(t *testing.T) {
	deepList := "locals {\n v = " + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "\n}\n"
	good := "\nresource \"x\" \"good\" {\n  v = 1\n}\n"
	doubling := "locals {\n l0 = [1, 1, 1]\n"
	for i := 1; i < 60; i++ {
		doubling += " l" + itoa(i) + " = [local.l" + itoa(i-1) + ", local.l" + itoa(i-1) + "]\n"
	}
	doubling += "}\nresource \"x\" \"d\" {\n  v = local.l59\n}\n"
	chain := "locals {\n l0 = 1\n"
	for i := 1; i < 1000; i++ {
		chain += " l" + itoa(i) + " = local.l" + itoa(i-1) + "\n"
	}
	chain += "}\nresource \"x\" \"chain\" {\n  v = local.l999\n}\n"
	cases := []struct {
		name, text string
		problems   []problem
		values     map[string]string
	}{
		{"syntax", "resource \"x\" \"y\" {\n  a = \n}\n", []problem{{"unreadable", "main.tf", 2, 7, "Invalid expression: Expected the start of an expression, but found an invalid expression token."}}, nil},
		{"cycle", "locals {\n a = local.b\n b = local.a\n}\nresource \"x\" \"y\" {\n  v = local.a\n}\n", []problem{{"incomplete", "main.tf", 3, 6, "Cycle: local.a depends on itself"}}, map[string]string{"x.y": "{}"}},
		{"deep", deepList, []problem{{"unreadable", "main.tf", 2, 44, "Nested too deeply: at most 40 levels are supported"}}, nil},
		{"operators", "locals {\n v = 1" + strings.Repeat("+1", 5000) + "\n}\n", []problem{{"unreadable", "main.tf", 2, 805, "Expression too long: at most 400 operators in one expression are supported"}}, nil},
		{"remote module", "module \"m\" {\n source = \"terraform-aws-modules/vpc/aws\"\n}\nresource \"x\" \"y\" {\n v = module.m.id\n}\n",
			[]problem{{"incomplete", "main.tf", 1, 1, "module m was not read: its source terraform-aws-modules/vpc/aws is not installed; run `terraform init` in ROOT, which brings it to .terraform/modules"}}, map[string]string{"x.y": "{}"}},
		{"module that is not there", "module \"m\" {\n source = \"./none\"\n}\n", []problem{{"incomplete", "main.tf", 1, 1, "cannot read the module folder ROOT/none: open ROOT/none: no such file or directory"}}, nil},
		{"recursion", "module \"m\" {\n source = \"./\"\n}\n", []problem{{"incomplete", "main.tf", 1, 1, "module m was not read: modules are called more than 32 levels deep"}}, nil},
		{"wrong attribute", "locals {\n o = { a = 1 }\n}\nresource \"x\" \"y\" {\n v = local.o.b\n w = 2\n}\n", []problem{{"incomplete", "main.tf", 5, 13, "Unsupported attribute: This object does not have an attribute named \"b\"."}}, map[string]string{"x.y": `{"w":2}`}},
		{"undeclared", "resource \"x\" \"y\" {\n v = var.nope\n}\n", []problem{{"incomplete", "main.tf", 2, 6, "Reference to undeclared variable: there is no variable nope in this module"}}, map[string]string{"x.y": `{}`}},
		{"too many", "resource \"x\" \"y\" {\n count = 200000\n}\n", []problem{{"incomplete", "ROOT", 0, 0, "the evaluation was stopped: there are more than 100,000 instances; what was not reached is not checked"}}, nil},
		{"doubling", doubling, []problem{{"incomplete", "main.tf", 18, 8, errTooLarge.Error()}}, map[string]string{"x.d": ""}},
		{"long text", "locals {\n a = join(\"\", [for i in range(1000) : local.b])\n b = join(\"\", [for i in range(1000) : \"0123456789\"])\n}\nresource \"x\" \"y\" {\n v = local.a\n}\n",
			[]problem{{"incomplete", "main.tf", 2, 6, errTooLarge.Error()}}, map[string]string{"x.y": "{}"}},
		{"chain", chain, []problem{}, map[string]string{"x.chain": `{"v":1}`}},
		{"turns", "locals {\n v = [for a in range(1000) : [for b in range(1000) : [for c in range(1000) : a]]]\n}\nresource \"x\" \"y\" {\n v = local.v\n}\n",
			[]problem{{"incomplete", "ROOT", 0, 0, "the evaluation was stopped: it needs more than 2,000,000 steps; what was not reached is not checked"}}, nil},
		{"duplicate", "resource \"x\" \"y\" {\n v = 1\n}\nresource \"x\" \"y\" {\n v = 2\n}\n", []problem{{"unreadable", "main.tf", 4, 1, "Declared twice: resource x.y is declared before; the first one was taken"}}, map[string]string{"x.y": `{"v":1}`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"main.tf": c.text, "other.tf": good}
			r := evaluateFiles(t, files, nil)
			for i := range r.Problems {
				if strings.HasPrefix(r.Problems[i].File, "/") {
					r.Problems[i].File = "ROOT"
				}
			}
			if c.name == "doubling" {
				for _, p := range r.Problems {
					compare(t, p.Message, errTooLarge.Error())
				}
				compare(t, len(r.Problems) > 0, true)
				return
			}
			compare(t, r.Problems, c.problems)
			got := valuesOf(r)
			for address, want := range c.values {
				compare(t, got[address], want)
			}
			if c.name != "too many" && c.name != "turns" && c.name != "recursion" {
				compare(t, got["x.good"], `{"v":1}`)
			}
		})
	}
}

func TestTofuFiles(t *testing.T) {
	r := evaluateFiles(t, map[string]string{
		"a.tf":   "resource \"x\" \"a\" {\n v = 1\n}\n",
		"a.tofu": "resource \"x\" \"a\" {\n v = 2\n}\n",
		"b.tofu": "resource \"x\" \"b\" {\n v = 3\n}\n",
	}, nil)
	compare(t, r.Problems, []problem{})
	compare(t, valuesOf(r), map[string]string{"x.a": `{"v":2}`, "x.b": `{"v":3}`})
}

func TestInstalledModules(t *testing.T) {
	r := evaluateFiles(t, map[string]string{
		"main.tf":                         "module \"m\" {\n source = \"acme/m/aws\"\n}\nresource \"x\" \"y\" {\n v = module.m.out\n}\n",
		".terraform/modules/modules.json": `{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"m","Source":"registry.terraform.io/acme/m/aws","Version":"1.0.0","Dir":".terraform/modules/m"}]}`,
		".terraform/modules/m/main.tf":    "output \"out\" {\n value = path.module\n}\n",
	}, nil)
	compare(t, r.Problems, []problem{})
	compare(t, valuesOf(r), map[string]string{"x.y": `{"v":".terraform/modules/m"}`})
}
