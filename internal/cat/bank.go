package cat

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/aiqhq/aiq/internal/irt"
)

// Item is one calibrated item of a bank.
type Item struct {
	ID     int64
	Params irt.Item
	// Domain is the index of the item's content domain, from 0 to the bank's
	// number of domains less one.
	Domain int
}

// Bank is an immutable snapshot of the items that tests may draw from. It is
// kept as a structure of arrays ordered by item id, so that two banks with the
// same items behave alike whatever the order in which they were read.
type Bank struct {
	ids     []int64
	params  []irt.Item
	domain  []int32
	index   map[int64]int32
	domains int
}

// NewBank makes a snapshot of items, which fall into the given number of content
// domains. A bank may be empty: tests on it end at once with [BankExhausted].
//
// The error wraps [ErrDuplicate] when an id occurs twice, and [ErrItem] when
// parameters are invalid or a domain is out of range.
func NewBank(items []Item, domains int) (*Bank, error) {
	if domains < 1 {
		return nil, fmt.Errorf("bank with %d domains: %w", domains, ErrItem)
	}
	if len(items) > math.MaxInt32 {
		return nil, fmt.Errorf("bank with %d items: %w", len(items), ErrItem)
	}
	sorted := slices.Clone(items)
	slices.SortFunc(sorted, func(x, y Item) int { return cmp.Compare(x.ID, y.ID) })
	b := &Bank{
		ids:     make([]int64, len(sorted)),
		params:  make([]irt.Item, len(sorted)),
		domain:  make([]int32, len(sorted)),
		index:   make(map[int64]int32, len(sorted)),
		domains: domains,
	}
	for i, item := range sorted {
		if err := b.check(item); err != nil {
			return nil, err
		}
		if i > 0 && item.ID == b.ids[i-1] {
			return nil, fmt.Errorf("item %d: %w", item.ID, ErrDuplicate)
		}
		b.ids[i], b.params[i], b.domain[i] = item.ID, item.Params, int32(item.Domain)
		b.index[item.ID] = int32(i)
	}
	return b, nil
}

// leastRise is the smallest difference of an item's asymptotes. An item below it
// says nothing about anybody, and its likelihoods come near to underflowing.
const leastRise = 1e-3

// check reports what is wrong with an item, in the bank or as administered.
func (b *Bank) check(item Item) error {
	if err := item.Params.Validate(); err != nil {
		return fmt.Errorf("item %d: %w: %w", item.ID, ErrItem, err)
	}
	if rise := upper(item.Params) - item.Params.C; rise < leastRise {
		return fmt.Errorf("item %d: asymptotes %v apart: %w", item.ID, rise, ErrItem)
	}
	if item.Domain < 0 || item.Domain >= b.domains {
		return fmt.Errorf("item %d: domain %d of %d: %w", item.ID, item.Domain, b.domains, ErrItem)
	}
	return nil
}

// Len is the number of items.
func (b *Bank) Len() int { return len(b.ids) }

// Domains is the number of content domains.
func (b *Bank) Domains() int { return b.domains }

// Item returns the item with the given id, and whether the bank holds it.
func (b *Bank) Item(id int64) (Item, bool) {
	i, ok := b.index[id]
	if !ok {
		return Item{}, false
	}
	return b.at(i), true
}

// Items returns all items, ordered by id.
func (b *Bank) Items() []Item {
	items := make([]Item, b.Len())
	for i := range items {
		items[i] = b.at(int32(i))
	}
	return items
}

func (b *Bank) at(i int32) Item {
	return Item{ID: b.ids[i], Params: b.params[i], Domain: int(b.domain[i])}
}

// upper is an item's upper asymptote, of which the zero value means 1.
func upper(item irt.Item) float64 {
	if item.D == 0 {
		return 1
	}
	return item.D
}
