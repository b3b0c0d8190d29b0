package cat

import (
	"math"
	"slices"
)

// bandCount is the number of equal bands into which theta is cut. More bands
// bound information more tightly and cost memory: eight bytes per item and band.
const bandCount = 96

// fisher ranks by item information at theta. For every band of theta it keeps the
// items of each domain in descending order of the most information that they can
// give in the band. A search walks down that order and ends where the bound
// falls below the best found, which is exact and touches few items.
type fisher struct {
	bank       *Bank
	low, width float64
	// start is where each domain's block begins in a band; it is one longer than
	// the number of domains.
	start []int
	// bands is the blocks of band 0, then those of band 1, and so on.
	bands []bounded
}

// bounded is an item and the bound on its information, packed so that the natural
// order of integers is that of descending bounds, then of ascending items.
type bounded uint64

func newBounded(information float64, item int32) bounded {
	up := math.Nextafter32(float32(information), math.MaxFloat32)
	return bounded(^math.Float32bits(up))<<32 | bounded(uint32(item))
}

func (b bounded) item() int32    { return int32(uint32(b)) }
func (b bounded) bound() float64 { return float64(math.Float32frombits(^uint32(b >> 32))) }

func newFisher(bank *Bank, rules Rules) *fisher {
	f := &fisher{
		bank:  bank,
		low:   rules.ThetaMin,
		width: (rules.ThetaMax - rules.ThetaMin) / bandCount,
		start: make([]int, bank.domains+1),
		bands: make([]bounded, bandCount*bank.Len()),
	}
	byDomain := newBlocks(bank)
	for d, items := range byDomain {
		f.start[d+1] = f.start[d] + len(items)
	}
	for d, items := range byDomain {
		for n, i := range items {
			f.bound(i, f.start[d]+n)
		}
	}
	for band := range bandCount {
		for d := range byDomain {
			slices.Sort(f.block(band, d))
		}
	}
	return f
}

// bound fills in the item's most information in each band. Information has a
// single peak, so that in a band it is largest at an edge, unless the peak is inside.
func (f *fisher) bound(item int32, place int) {
	params := f.bank.params[item]
	peak, highest := params.MaxInformation()
	left := params.Information(f.low)
	for band := range bandCount {
		from := f.low + float64(band)*f.width
		right := params.Information(from + f.width)
		most := max(left, right)
		if from <= peak && peak <= from+f.width {
			most = max(most, highest)
		}
		f.bands[band*f.bank.Len()+place] = newBounded(most, item)
		left = right
	}
}

func (f *fisher) block(band, domain int) []bounded {
	from := band * f.bank.Len()
	return f.bands[from+f.start[domain] : from+f.start[domain+1]]
}

func (f *fisher) band(theta float64) int {
	return max(0, min(bandCount-1, int((theta-f.low)/f.width)))
}

func (f *fisher) rank(t *Test, k int) {
	theta := t.estimate.Theta
	band := f.band(theta)
	t.best.reset(k)
	for d, allowed := range t.allowed {
		if !allowed {
			continue
		}
		for _, b := range f.block(band, d) {
			if !t.best.admits(b.bound()) {
				break
			}
			if i := b.item(); t.available(i) {
				t.best.offer(f.bank.params[i].Information(theta), i)
			}
		}
	}
}

// progressive puts the best item by the progressive criterion into t.best
// (Revuelta & Ponsoda 1998): (1-s) R + s I, where I is the item's
// information, R is uniform between 0 and the highest information of any item,
// and s grows from 0 at the first to 1 at the last item of the longest test.
func (f *fisher) progressive(t *Test) {
	f.rank(t, 1)
	if len(t.best.items) == 0 {
		return
	}
	highest := t.best.scores[0]
	s := min(1, float64(t.answered)/float64(max(1, t.engine.rules.MaxItems-1)))
	theta := t.estimate.Theta
	band := f.band(theta)
	draw := t.drawHere(purposeProgressive)
	t.best.reset(1)
	for d, allowed := range t.allowed {
		if !allowed {
			continue
		}
		for _, b := range f.block(band, d) {
			if !t.best.admits((1-s)*highest + s*b.bound()) {
				break
			}
			i := b.item()
			if !t.available(i) {
				continue
			}
			random := (1 - s) * highest * draw.uniform(f.bank.ids[i])
			if t.best.admits(random + s*b.bound()) {
				t.best.offer(random+s*f.bank.params[i].Information(theta), i)
			}
		}
	}
}
