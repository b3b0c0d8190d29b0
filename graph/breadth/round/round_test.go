package round_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/graph/breadth/round"
)

// log is a batch that writes down how many had asked when it fired.
type log struct {
	mu    sync.Mutex
	asked int
	fired []int
	then  func()
}

func (l *log) ask(r *round.Round) {
	l.mu.Lock()
	l.asked++
	l.mu.Unlock()
	_ = r.Wait(context.Background(), l)
}

func (l *log) Fire() {
	l.mu.Lock()
	l.fired = append(l.fired, l.asked)
	l.asked = 0
	l.mu.Unlock()
	if l.then != nil {
		l.then()
	}
}

func repeat(n int, task func()) []func() { return slices.Repeat([]func(){task}, n) }

func TestRoundFiresOnceForAllRunners(t *testing.T) {
	t.Parallel()
	for range 200 {
		var r round.Round
		var l log
		r.Run(repeat(10, func() { l.ask(&r) }))
		require.Equal(t, []int{10}, l.fired)
	}
}

func TestRoundWaitsForRunnersThatReturn(t *testing.T) {
	t.Parallel()
	var r round.Round
	var l log
	tasks := append(repeat(3, func() { l.ask(&r) }), repeat(3, func() {})...)
	r.Run(tasks)
	require.Equal(t, []int{3}, l.fired)
}

func TestRoundsFollowEachOther(t *testing.T) {
	t.Parallel()
	var r round.Round
	var first, second log
	r.Run(repeat(4, func() {
		first.ask(&r)
		second.ask(&r)
	}))
	require.Equal(t, []int{4}, first.fired)
	require.Equal(t, []int{4}, second.fired)
}

func TestIndependentBatchesFireTogether(t *testing.T) {
	t.Parallel()
	var r round.Round
	var both sync.WaitGroup
	both.Add(2)
	meet := func() {
		both.Done()
		both.Wait() // hangs unless the other fires meanwhile
	}
	a, b := log{then: meet}, log{then: meet}
	r.Run([]func(){func() { a.ask(&r) }, func() { b.ask(&r) }})
	require.Equal(t, []int{1}, a.fired)
	require.Equal(t, []int{1}, b.fired)
}

func TestBatchLoadsThroughAnother(t *testing.T) {
	t.Parallel()
	var r round.Round
	var below log
	ask := func() { below.ask(&r) }
	a, b := log{then: ask}, log{then: ask}
	r.Run([]func(){func() { a.ask(&r) }, func() { b.ask(&r) }})
	require.Equal(t, []int{2}, below.fired, "what two batches need of a third is one batch")
}

func TestForkLendsThePlace(t *testing.T) {
	t.Parallel()
	for range 100 {
		var r round.Round
		var l log
		r.Run([]func(){
			func() { r.Fork(repeat(5, func() { l.ask(&r) })) },
			func() { l.ask(&r) },
		})
		require.Equal(t, []int{6}, l.fired)
	}
}

func TestWaitFromAnotherGoroutine(t *testing.T) {
	t.Parallel()
	var r round.Round
	var l log
	r.Run([]func(){func() {
		var wg sync.WaitGroup
		wg.Go(func() { l.ask(&r) })
		wg.Wait()
	}})
	require.Equal(t, []int{1}, l.fired)
}

func TestContext(t *testing.T) {
	t.Parallel()
	require.Nil(t, round.FromContext(context.Background()))
	var r round.Round
	require.Same(t, &r, round.FromContext(round.NewContext(context.Background(), &r)))
}
