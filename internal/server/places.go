package server

import (
	"sync"

	"github.com/aiqhq/aiq/internal/fault"
)

// places are how many connections may stay open in this process, in all and for
// each viewer, or else address.
type places struct {
	most, mostEach int

	mu    sync.Mutex
	taken int
	by    map[string]int
}

func newPlaces(most, mostEach int) *places {
	return &places{most: most, mostEach: mostEach, by: map[string]int{}}
}

// place is that of one connection.
type place struct {
	places *places
	who    string
	left   bool
}

// retryFull is in how many seconds those may come again for whom there was no place.
const retryFull = 30

// take gives a place, or says that there is none.
func (p *places) take(who string) (*place, *fault.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken >= p.most {
		return nil, fault.New(fault.Unavailable, "The server has no place for another connection that stays open. Try again in %d seconds.", retryFull).
			With("retryAfter", retryFull)
	}
	if err := p.add(who); err != nil {
		return nil, err
	}
	p.taken++
	return &place{places: p, who: who}, nil
}

// add counts one more of one asker.
func (p *places) add(who string) *fault.Error {
	if p.by[who] >= p.mostEach {
		return fault.New(fault.LimitExceeded, "You may have at most %d connections that stay open. Close some of them first.", p.mostEach).
			With("limit", p.mostEach)
	}
	p.by[who]++
	return nil
}

func (p *places) drop(who string) {
	if p.by[who]--; p.by[who] <= 0 {
		delete(p.by, who)
	}
}

// move counts the connection as another's: a socket tells only after it is open
// who has opened it.
func (c *place) move(who string) *fault.Error {
	p := c.places
	p.mu.Lock()
	defer p.mu.Unlock()
	if who == c.who || c.left {
		return nil
	}
	if err := p.add(who); err != nil {
		return err
	}
	p.drop(c.who)
	c.who = who
	return nil
}

// leave gives the place back.
func (c *place) leave() {
	p := c.places
	p.mu.Lock()
	defer p.mu.Unlock()
	if !c.left {
		c.left = true
		p.drop(c.who)
		p.taken--
	}
}
