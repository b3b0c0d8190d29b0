package cat

// ranker is a selection rule: it puts the k best items that are allowed and
// available into t.best, in descending order of its criterion.
type ranker interface {
	rank(t *Test, k int)
}

func newRanker(bank *Bank, rules Rules) ranker {
	switch rules.Selection {
	case KullbackLeibler:
		return newKullback(bank, rules)
	case AStratified:
		return newStratified(bank, rules)
	case Random:
		return shuffled{bank, newBlocks(bank)}
	default:
		return newFisher(bank, rules)
	}
}

// ranking holds the best of the items offered to it, best first. Of equal scores
// the item with the lower id comes first, in whatever order they are offered.
type ranking struct {
	size   int
	scores []float64
	items  []int32
}

func (r *ranking) reset(size int) {
	r.size, r.scores, r.items = size, r.scores[:0], r.items[:0]
}

// admits reports whether an item with at most this score could still enter.
func (r *ranking) admits(score float64) bool {
	return len(r.scores) < r.size || score >= r.scores[len(r.scores)-1]
}

func (r *ranking) offer(score float64, item int32) {
	n := len(r.scores)
	if n == r.size {
		if !r.before(score, item, n-1) {
			return
		}
		n--
	} else {
		r.scores, r.items = append(r.scores, 0), append(r.items, 0)
	}
	for ; n > 0 && r.before(score, item, n-1); n-- {
		r.scores[n], r.items[n] = r.scores[n-1], r.items[n-1]
	}
	r.scores[n], r.items[n] = score, item
}

// before reports whether an item ranks before the one in place n.
func (r *ranking) before(score float64, item int32, n int) bool {
	return score > r.scores[n] || score == r.scores[n] && item < r.items[n]
}

// blocks lists the items of each domain.
type blocks [][]int32

func newBlocks(bank *Bank) blocks {
	b := make(blocks, bank.domains)
	for i, d := range bank.domain {
		b[d] = append(b[d], int32(i))
	}
	return b
}

// shuffled ranks at random, anew at each position.
type shuffled struct {
	bank  *Bank
	items blocks
}

func (s shuffled) rank(t *Test, k int) {
	draw := t.drawHere(purposeOrder)
	t.best.reset(k)
	for d, items := range s.items {
		if !t.allowed[d] {
			continue
		}
		for _, i := range items {
			if t.available(i) {
				t.best.offer(draw.uniform(s.bank.ids[i]), i)
			}
		}
	}
}
