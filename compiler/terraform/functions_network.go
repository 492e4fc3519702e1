package terraform

import (
	"errors"
	"math/big"
	"net"
	"strings"

	"github.com/apparentlymart/go-cidr/cidr"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

var networkFunctions = functionTable{
	"cidrhost":    call(cty.String, []cty.Type{cty.String, cty.Number}, cidrHost),
	"cidrnetmask": call(cty.String, []cty.Type{cty.String}, cidrNetmask),
	"cidrsubnet":  call(cty.String, []cty.Type{cty.String, cty.Number, cty.Number}, cidrSubnet),
	"cidrsubnets": cidrSubnetsFunc,
	// OpenTofu's.
	"cidrcontains": call(cty.Bool, []cty.Type{cty.String, cty.String}, cidrContains),
}

// parseCIDR reads octets with leading zeros as decimal numbers, as Terraform does.
func parseCIDR(text string) (*net.IPNet, error) {
	address, length, _ := strings.Cut(text, "/")
	if !strings.Contains(address, ":") {
		octets := strings.Split(address, ".")
		for i, octet := range octets {
			if trimmed := strings.TrimLeft(octet, "0"); octet != "" {
				octets[i] = trimmed
				if trimmed == "" {
					octets[i] = "0"
				}
			}
		}
		address = strings.Join(octets, ".")
	}
	_, network, err := net.ParseCIDR(address + "/" + length)
	if err != nil {
		return nil, function.NewArgErrorf(0, "invalid CIDR expression: %s", err)
	}
	return network, nil
}

func whole(value cty.Value) (*big.Int, error) {
	number, accuracy := value.AsBigFloat().Int(nil)
	if accuracy != big.Exact || number.BitLen() > 200 {
		return nil, errors.New("a whole number is required")
	}
	return number, nil
}

func small(value cty.Value) (int, error) {
	number, err := whole(value)
	if err != nil || !number.IsInt64() || number.Int64() < 0 || number.Int64() > 1<<20 {
		return 0, errors.New("a whole number from 0 is required")
	}
	return int(number.Int64()), nil
}

func cidrHost(args []cty.Value) (cty.Value, error) {
	network, err := parseCIDR(args[0].AsString())
	if err != nil {
		return cty.NilVal, err
	}
	number, err := whole(args[1])
	if err != nil {
		return cty.NilVal, err
	}
	address, err := cidr.HostBig(network, number)
	if err != nil {
		return cty.NilVal, err
	}
	return cty.StringVal(address.String()), nil
}

func cidrNetmask(args []cty.Value) (cty.Value, error) {
	network, err := parseCIDR(args[0].AsString())
	if err != nil {
		return cty.NilVal, err
	}
	if network.IP.To4() == nil {
		return cty.NilVal, errors.New("IPv6 addresses cannot have a netmask")
	}
	return cty.StringVal(net.IP(network.Mask).String()), nil
}

func cidrSubnet(args []cty.Value) (cty.Value, error) {
	network, err := parseCIDR(args[0].AsString())
	if err != nil {
		return cty.NilVal, err
	}
	bits, err := small(args[1])
	if err != nil {
		return cty.NilVal, err
	}
	number, err := whole(args[2])
	if err != nil {
		return cty.NilVal, err
	}
	subnet, err := cidr.SubnetBig(network, bits, number)
	if err != nil {
		return cty.NilVal, err
	}
	return cty.StringVal(subnet.String()), nil
}

func cidrContains(args []cty.Value) (cty.Value, error) {
	network, err := parseCIDR(args[0].AsString())
	if err != nil {
		return cty.NilVal, err
	}
	if address := net.ParseIP(args[1].AsString()); address != nil {
		return cty.BoolVal(network.Contains(address)), nil
	}
	inner, err := parseCIDR(args[1].AsString())
	if err != nil {
		return cty.NilVal, err
	}
	first, last := cidr.AddressRange(inner)
	return cty.BoolVal(network.Contains(first) && network.Contains(last)), nil
}

var cidrSubnetsFunc = function.New(&function.Spec{
	Params:   []function.Parameter{{Name: "prefix", Type: cty.String}},
	VarParam: &function.Parameter{Name: "newbits", Type: cty.Number},
	Type:     function.StaticReturnType(cty.List(cty.String)),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		network, err := parseCIDR(args[0].AsString())
		if err != nil {
			return cty.NilVal, err
		}
		if len(args) == 1 {
			return cty.ListValEmpty(cty.String), nil
		}
		return consecutive(network, args[1:])
	},
})

func consecutive(network *net.IPNet, lengths []cty.Value) (cty.Value, error) {
	start, total := network.Mask.Size()
	var out []cty.Value
	var current *net.IPNet
	for i, length := range lengths {
		bits, err := small(length)
		if err != nil || bits < 1 || start+bits > total {
			return cty.NilVal, function.NewArgErrorf(i+1, "must extend the prefix by at least one bit, and stay within the address")
		}
		var over bool
		if current == nil {
			current, _ = cidr.PreviousSubnet(network, start+bits)
			current, over = cidr.NextSubnet(current, start+bits)
		} else {
			current, over = cidr.NextSubnet(current, start+bits)
		}
		if over || !network.Contains(current.IP) {
			return cty.NilVal, function.NewArgErrorf(i+1, "not enough remaining address space for a subnet with this prefix length")
		}
		out = append(out, cty.StringVal(current.String()))
	}
	return cty.ListVal(out), nil
}
