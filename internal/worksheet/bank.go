package worksheet

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/aiqhq/aiq/internal/irt"
)

// BankItem is an item with its parameters.
type BankItem struct {
	Name   string
	Params irt.Item
	// Label is the difficulty an author gave it, Domain its content; empty if the file does not say.
	Label, Domain string
	// SE holds the standard errors, Responses the number of answers behind them; 0 if not known.
	SE        irt.ItemErrors
	Responses float64
	// Problem is what the calibration found suspect, in words.
	Problem string
}

// Bank holds the items of a bank in the order of its file.
type Bank struct {
	Items []BankItem
	at    map[string]int
}

// Names are the names of the items.
func (b *Bank) Names() []string {
	names := make([]string, len(b.Items))
	for i, item := range b.Items {
		names[i] = item.Name
	}
	return names
}

// Item finds an item by its name.
func (b *Bank) Item(name string) (BankItem, bool) {
	i, ok := b.at[name]
	if !ok {
		return BankItem{}, false
	}
	return b.Items[i], true
}

// ReadBank reads a bank: columns item and b, and where they are there a (else 1),
// c (else 0), upper (the upper asymptote, else 1), label and domain. Other columns are
// passed over.
func ReadBank(ctx context.Context, r io.Reader, file string) (*Bank, error) {
	t, err := openRows(r, file, 0)
	if err != nil {
		return nil, err
	}
	item, b := t.column("item"), t.column("b")
	if item < 0 || b < 0 {
		return nil, t.fault("", fmt.Sprintf("a bank has columns item, a, b and c; there are %s", several(t.header)))
	}
	a, c, upper := t.column("a"), t.column("c"), t.column("upper")
	label, domain := t.column("label"), t.column("domain")
	bank := &Bank{at: map[string]int{}}
	err = t.each(ctx, func(record []string) (err error) {
		entry := BankItem{Name: strings.Clone(strings.TrimSpace(record[item])), Params: irt.OnePL(0)}
		if _, again := bank.at[entry.Name]; again || entry.Name == "" {
			return t.fault(t.header[item], fmt.Sprintf("item %q has no name or occurs twice", entry.Name))
		}
		for _, p := range []struct {
			at int
			to *float64
		}{{a, &entry.Params.A}, {b, &entry.Params.B}, {c, &entry.Params.C}, {upper, &entry.Params.D}} {
			if p.at >= 0 && (p.at == a || p.at == b || strings.TrimSpace(record[p.at]) != "") {
				if *p.to, err = t.number(record, p.at); err != nil {
					return err
				}
			}
		}
		if err := entry.Params.Validate(); err != nil {
			return t.fault("", fmt.Sprintf("item %s: %v", entry.Name, err))
		}
		if label >= 0 {
			entry.Label = strings.Clone(strings.TrimSpace(record[label]))
		}
		if domain >= 0 {
			entry.Domain = strings.Clone(strings.TrimSpace(record[domain]))
		}
		bank.at[entry.Name] = len(bank.Items)
		bank.Items = append(bank.Items, entry)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(bank.Items) == 0 {
		return nil, t.fault("", "there are no items below the header")
	}
	return bank, nil
}

// WriteBank writes a bank that ReadBank reads; numbers read back as the same values.
func WriteBank(w io.Writer, items []BankItem) error {
	out := [][]string{{"item", "a", "b", "c", "se_a", "se_b", "se_c", "n", "problem"}}
	for _, item := range items {
		out = append(out, []string{
			item.Name, exact(item.Params.A), exact(item.Params.B), exact(item.Params.C),
			known(item.SE.A), known(item.SE.B), known(item.SE.C), known(item.Responses), item.Problem,
		})
	}
	if err := csv.NewWriter(w).WriteAll(out); err != nil {
		return fmt.Errorf("write bank: %w", err)
	}
	return nil
}

// exact is the shortest text that reads back as the same number.
func exact(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// known leaves out a number that is not known.
func known(x float64) string {
	if x == 0 {
		return ""
	}
	return exact(x)
}

// number reads a cell that must be a number.
func (t *rows) number(record []string, at int) (float64, error) {
	x, err := strconv.ParseFloat(strings.TrimSpace(record[at]), 64)
	if err != nil {
		return 0, t.fault(t.header[at], fmt.Sprintf("%q is not a number", record[at]))
	}
	return x, nil
}
