package terraform

import (
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"net/url"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/zclconf/go-cty/cty"
)

var encodingFunctions = functionTable{
	"base64encode": textMap(func(text string) (string, error) { return base64.StdEncoding.EncodeToString([]byte(text)), nil }),
	"base64decode": textMap(decodeBase64),
	// Compression may give other bytes in another version of Terraform.
	"base64gzip":       unknownText(),
	"base64gunzip":     textMap(gunzip),
	"urlencode":        textMap(func(text string) (string, error) { return url.QueryEscape(text), nil }),
	"urldecode":        textMap(url.QueryUnescape),
	"md5":              textMap(hexDigest(md5.New)),
	"sha1":             textMap(hexDigest(sha1.New)),
	"sha256":           textMap(hexDigest(sha256.New)),
	"sha512":           textMap(hexDigest(sha512.New)),
	"base64sha256":     textMap(base64Digest(sha256.New)),
	"base64sha512":     textMap(base64Digest(sha512.New)),
	"uuidv5":           call(cty.String, []cty.Type{cty.String, cty.String}, uuidv5),
	"textencodebase64": call(cty.String, []cty.Type{cty.String, cty.String}, textEncode),
	"textdecodebase64": call(cty.String, []cty.Type{cty.String, cty.String}, textDecode),
}

func decodeBase64(text string) (string, error) {
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", errors.New("failed to decode base64 data")
	}
	if !utf8.Valid(decoded) {
		return "", errors.New("the result of decoding the provided string is not valid UTF-8")
	}
	return string(decoded), nil
}

func gunzip(text string) (string, error) {
	compressed, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return "", errors.New("failed to decode base64 data")
	}
	reader, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return "", errors.New("failed to decompress")
	}
	plain, err := io.ReadAll(io.LimitReader(reader, maxTextBytes+1))
	if err != nil || !utf8.Valid(plain) {
		return "", errors.New("failed to decompress to text")
	}
	if len(plain) > maxTextBytes {
		return "", errTooLarge
	}
	return string(plain), nil
}

func digest(create func() hash.Hash, text string) []byte {
	h := create()
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hexDigest(create func() hash.Hash) func(string) (string, error) {
	return func(text string) (string, error) { return hex.EncodeToString(digest(create, text)), nil }
}

func base64Digest(create func() hash.Hash) func(string) (string, error) {
	return func(text string) (string, error) { return base64.StdEncoding.EncodeToString(digest(create, text)), nil }
}

var uuidNamespaces = map[string]string{
	"dns": "6ba7b8109dad11d180b400c04fd430c8", "url": "6ba7b8119dad11d180b400c04fd430c8",
	"oid": "6ba7b8129dad11d180b400c04fd430c8", "x500": "6ba7b8149dad11d180b400c04fd430c8",
}

func uuidv5(args []cty.Value) (cty.Value, error) {
	named, found := uuidNamespaces[args[0].AsString()]
	if !found {
		named = strings.ReplaceAll(args[0].AsString(), "-", "")
	}
	namespace, err := hex.DecodeString(named)
	if err != nil || len(namespace) != 16 {
		return cty.NilVal, errors.New("uuidv5() doesn't support this namespace")
	}
	sum := digest(sha1.New, string(namespace)+args[1].AsString())[:16]
	sum[6], sum[8] = sum[6]&0x0f|0x50, sum[8]&0x3f|0x80
	h := hex.EncodeToString(sum)
	return cty.StringVal(h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]), nil
}

func byteOrder(encoding string) binary.ByteOrder {
	switch strings.ToUpper(encoding) {
	case "UTF-16LE":
		return binary.LittleEndian
	case "UTF-16BE":
		return binary.BigEndian
	}
	return nil
}

func isUTF8(encoding string) bool { return strings.EqualFold(encoding, "UTF-8") }

// textEncode knows the encodings that are in use; what another gives stays unknown.
func textEncode(args []cty.Value) (cty.Value, error) {
	text, encoding := args[0].AsString(), args[1].AsString()
	if isUTF8(encoding) {
		return cty.StringVal(base64.StdEncoding.EncodeToString([]byte(text))), nil
	}
	order := byteOrder(encoding)
	if order == nil {
		return cty.UnknownVal(cty.String), nil
	}
	var out []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		pair := make([]byte, 2)
		order.PutUint16(pair, unit)
		out = append(out, pair...)
	}
	return cty.StringVal(base64.StdEncoding.EncodeToString(out)), nil
}

func textDecode(args []cty.Value) (cty.Value, error) {
	decoded, err := base64.StdEncoding.DecodeString(args[0].AsString())
	if err != nil {
		return cty.NilVal, errors.New("the given value is not a valid base64 string")
	}
	if isUTF8(args[1].AsString()) && utf8.Valid(decoded) {
		return cty.StringVal(string(decoded)), nil
	}
	order := byteOrder(args[1].AsString())
	if order == nil || len(decoded)%2 != 0 {
		return cty.UnknownVal(cty.String), nil
	}
	var units []uint16
	for i := 0; i < len(decoded); i += 2 {
		units = append(units, order.Uint16(decoded[i:]))
	}
	return cty.StringVal(string(utf16.Decode(units))), nil
}
