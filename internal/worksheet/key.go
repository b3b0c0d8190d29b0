package worksheet

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Key holds the right option of every item, in the order of its file.
type Key struct {
	entries []Entry
	at      map[string]int
}

// Entry is one item's key.
type Entry struct {
	Item string
	// Right is the right option.
	Right string
	// Options are all an item has; nil if the key does not say, and any text may be one.
	Options []string
}

// Items are the names of the items.
func (k *Key) Items() []string {
	names := make([]string, len(k.entries))
	for i, e := range k.entries {
		names[i] = e.Item
	}
	return names
}

func (k *Key) entry(item string) (Entry, bool) {
	i, ok := k.at[item]
	if !ok {
		return Entry{}, false
	}
	return k.entries[i], true
}

// ReadKey reads a key: columns item and key, and if options are to be checked
// either their number (n_options, or options), which makes them 1, 2, 3 … or A,
// B, C … as the key is, or the options themselves (options) separated by |.
func ReadKey(ctx context.Context, r io.Reader, file string) (*Key, error) {
	t, err := openRows(r, file, 0)
	if err != nil {
		return nil, err
	}
	item, right, options := t.column("item"), t.column("key"), t.column("n_options", "options")
	if item < 0 || right < 0 {
		return nil, t.fault("", fmt.Sprintf("a key has columns item and key; there are %s", several(t.header)))
	}
	k := &Key{at: map[string]int{}}
	err = t.each(ctx, func(record []string) error {
		e := Entry{Item: strings.Clone(strings.TrimSpace(record[item])), Right: strings.Clone(strings.TrimSpace(record[right]))}
		switch _, again := k.at[e.Item]; {
		case e.Item == "":
			return t.fault(t.header[item], "the item has no name")
		case again:
			return t.fault(t.header[item], fmt.Sprintf("item %s occurs twice", e.Item))
		case e.Right == "":
			return t.fault(t.header[right], fmt.Sprintf("item %s has no key", e.Item))
		}
		if options >= 0 {
			if text := strings.TrimSpace(record[options]); text != "" {
				var problem string
				if e.Options, problem = parseOptions(strings.Clone(text), e.Right); problem != "" {
					return t.fault(t.header[options], problem)
				}
			}
		}
		k.at[e.Item] = len(k.entries)
		k.entries = append(k.entries, e)
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(k.entries) == 0 {
		return nil, t.fault("", "there are no items below the header")
	}
	return k, nil
}

// parseOptions reads the options, or their number.
func parseOptions(text, right string) (options []string, problem string) {
	if n, err := strconv.Atoi(text); err == nil {
		if n < 2 || n > maxOptions {
			return nil, fmt.Sprintf("%d options; there may be 2 to %d", n, maxOptions)
		}
		for i := range n {
			options = append(options, nameOption(i, right))
		}
	} else {
		for text := range strings.SplitSeq(text, "|") {
			options = append(options, strings.TrimSpace(text))
		}
		if len(options) > maxOptions {
			return nil, fmt.Sprintf("%d options; there may be 2 to %d", len(options), maxOptions)
		}
	}
	if !slices.Contains(options, right) {
		return nil, fmt.Sprintf("the key %s is none of the options %s", right, several(options))
	}
	return options, ""
}

// nameOption is what the i-th option is called if one of them is called right.
func nameOption(i int, right string) string {
	if len(right) == 1 && i < 26 {
		switch c := right[0]; {
		case c >= 'A' && c <= 'Z':
			return string(rune('A' + i))
		case c >= 'a' && c <= 'z':
			return string(rune('a' + i))
		}
	}
	return strconv.Itoa(i + 1)
}
