package worksheet

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/aiqhq/aiq/internal/irt"
)

// Anchors are items calibrated on two scales.
type Anchors struct {
	Names []string
	Pairs []irt.Anchor
}

// ReadAnchors reads anchors with both calibrations side by side: columns item,
// a_new, b_new, a_base and b_base, and where they are there c_new and c_base.
func ReadAnchors(ctx context.Context, r io.Reader, file string) (*Anchors, error) {
	t, err := openRows(r, file, 0)
	if err != nil {
		return nil, err
	}
	item := t.column("item")
	a := [2]int{t.column("a_new"), t.column("a_base")}
	b := [2]int{t.column("b_new"), t.column("b_base")}
	c := [2]int{t.column("c_new"), t.column("c_base")}
	if item < 0 || min(a[0], a[1], b[0], b[1]) < 0 {
		return nil, t.fault("", fmt.Sprintf("anchors have columns item, a_new, b_new, a_base and b_base; there are %s", several(t.header)))
	}
	anchors := &Anchors{}
	err = t.each(ctx, func(record []string) (err error) {
		var sides [2]irt.Item
		for s := range sides {
			if sides[s].A, err = t.number(record, a[s]); err != nil {
				return err
			}
			if sides[s].B, err = t.number(record, b[s]); err != nil {
				return err
			}
			if c[s] >= 0 {
				if sides[s].C, err = t.number(record, c[s]); err != nil {
					return err
				}
			}
			if err := sides[s].Validate(); err != nil {
				return t.fault("", err.Error())
			}
		}
		anchors.Names = append(anchors.Names, strings.Clone(strings.TrimSpace(record[item])))
		anchors.Pairs = append(anchors.Pairs, irt.Anchor{New: sides[0], Base: sides[1]})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return anchors, nil
}

// CommonItems are the items that two banks share by name, in the order of the new one.
func CommonItems(fresh, base *Bank) *Anchors {
	anchors := &Anchors{}
	for _, item := range fresh.Items {
		if other, ok := base.Item(item.Name); ok {
			anchors.Names = append(anchors.Names, item.Name)
			anchors.Pairs = append(anchors.Pairs, irt.Anchor{New: item.Params, Base: other.Params})
		}
	}
	return anchors
}

// NewBank makes a bank of items with distinct names.
func NewBank(items []BankItem) *Bank {
	b := &Bank{Items: items, at: make(map[string]int, len(items))}
	for i, item := range items {
		b.at[item.Name] = i
	}
	return b
}

// ReadAbilities reads a column of abilities called theta.
func ReadAbilities(ctx context.Context, r io.Reader, file string) ([]float64, error) {
	t, err := openRows(r, file, 0)
	if err != nil {
		return nil, err
	}
	at := t.column("theta")
	if at < 0 {
		return nil, t.fault("", fmt.Sprintf("there is no column theta; there are %s", several(t.header)))
	}
	var out []float64
	err = t.each(ctx, func(record []string) error {
		theta, err := t.number(record, at)
		out = append(out, theta)
		return err
	})
	return out, err
}
