package terraform

import (
	"strings"

	"github.com/hashicorp/hcl/v2/hclsyntax"
)

// mergeOverride replaces in the block of the same kind and name what the override has, as Terraform merges override files.
func (e *evaluator) mergeOverride(blocks []*hclsyntax.Block, override *hclsyntax.Block) []*hclsyntax.Block {
	for _, block := range blocks {
		if override.Type == "locals" && block.Type == "locals" {
			for name := range override.Body.Attributes {
				delete(block.Body.Attributes, name)
			}
			continue
		}
		if sameBlock(block, override) {
			mergeBody(block.Body, override.Body)
			e.ignores.ofBlock[block] = append(e.ignores.ofBlock[block], e.ignores.ofBlock[override]...)
			return blocks
		}
	}
	return append(blocks, override)
}

func sameBlock(a, b *hclsyntax.Block) bool {
	if a.Type != b.Type || strings.Join(a.Labels, "\x00") != strings.Join(b.Labels, "\x00") {
		return false
	}
	return a.Type != "provider" || literalText(a.Body, "alias") == literalText(b.Body, "alias")
}

func mergeBody(base, override *hclsyntax.Body) {
	for name, attribute := range override.Attributes {
		base.Attributes[name] = attribute
		if name == "count" {
			delete(base.Attributes, "for_each")
		} else if name == "for_each" {
			delete(base.Attributes, "count")
		}
	}
	replaced := map[string]bool{}
	for _, block := range override.Blocks {
		replaced[contentType(block)] = true
	}
	var kept hclsyntax.Blocks
	for _, block := range base.Blocks {
		if !replaced[contentType(block)] {
			kept = append(kept, block)
		}
	}
	base.Blocks = append(kept, override.Blocks...)
}

func contentType(block *hclsyntax.Block) string {
	if block.Type == "dynamic" && len(block.Labels) == 1 {
		return block.Labels[0]
	}
	return block.Type
}
