package batch_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/99designs/gqlgen/graphql"
	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/graph/breadth/batch"
	"github.com/aiqhq/aiq/graph/breadth/round"
)

// squares is a source that writes down what it was asked for.
type squares struct {
	mu    sync.Mutex
	asked [][]int
}

func (s *squares) fetch(_ context.Context, keys []int) (map[int]int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, slices.Sorted(slices.Values(keys)))
	found := map[int]int{}
	for _, k := range keys {
		if k >= 0 {
			found[k] = k * k
		}
	}
	return found, nil
}

func TestLoadAllOutsideARound(t *testing.T) {
	t.Parallel()
	var s squares
	l := batch.New(t.Context(), s.fetch)
	got, err := l.LoadAll(t.Context(), []int{3, 1, 3, -1})
	require.NoError(t, err)
	require.Equal(t, []int{9, 1, 9, 0}, got)
	one, err := l.Load(t.Context(), 1)
	require.NoError(t, err)
	require.Equal(t, 1, one)
	require.Equal(t, [][]int{{-1, 1, 3}}, s.asked, "once, without duplicates, and then from memory")
	got, err = l.LoadAll(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, got)
}

func TestLoadAllInARound(t *testing.T) {
	t.Parallel()
	for range 100 {
		var s squares
		var r round.Round
		l := batch.New(t.Context(), s.fetch)
		ctx := round.NewContext(t.Context(), &r)
		ask := func(keys ...int) func() {
			return func() {
				got, err := l.LoadAll(ctx, keys)
				require.NoError(t, err)
				for i, k := range keys {
					require.Equal(t, k*k, got[i])
				}
			}
		}
		r.Run([]func(){ask(1, 2), ask(2, 3), ask(4), func() {}})
		r.Run([]func(){ask(1, 5), ask(4)})
		require.Equal(t, [][]int{{1, 2, 3, 4}, {5}}, s.asked)
	}
}

func TestManyKeys(t *testing.T) {
	t.Parallel()
	var s squares
	keys := make([]int, 5000)
	for i := range keys {
		keys[i] = i
	}
	got, err := batch.New(t.Context(), s.fetch).LoadAll(t.Context(), keys)
	require.NoError(t, err)
	require.Equal(t, 4999*4999, got[4999])
	require.Len(t, s.asked, 1)
}

func TestErrors(t *testing.T) {
	t.Parallel()
	broken, odd := errors.New("broken"), errors.New("odd")
	cases := map[string]struct {
		fetch batch.Fetch[int, string]
		want  []error
	}{
		"all": {
			func(context.Context, []int) (map[int]string, error) { return nil, broken },
			[]error{broken, broken},
		},
		"some": {
			func(context.Context, []int) (map[int]string, error) {
				return map[int]string{2: "two"}, batch.KeyErrors[int]{1: odd}
			},
			[]error{odd, nil},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := batch.New(t.Context(), c.fetch).LoadAll(t.Context(), []int{1, 2})
			var each graphql.BatchErrors
			require.ErrorAs(t, err, &each)
			require.Equal(t, c.want, each.Errors())
		})
	}
}

func TestPanicIsAnError(t *testing.T) {
	t.Parallel()
	l := batch.New(t.Context(), func(context.Context, []int) (map[int]int, error) { panic("no database") })
	_, err := l.Load(t.Context(), 1)
	require.ErrorContains(t, err, "no database")
}

func TestPrimeAndClear(t *testing.T) {
	t.Parallel()
	var s squares
	l := batch.New(t.Context(), s.fetch)
	l.Prime(2, 5)
	l.Prime(2, 6)
	load := func(k int) int {
		v, err := l.Load(t.Context(), k)
		require.NoError(t, err)
		return v
	}
	require.Equal(t, 5, load(2))
	l.Clear(2)
	require.Equal(t, 4, load(2))
	l.ClearAll()
	require.Equal(t, 4, load(2))
	require.Equal(t, [][]int{{2}, {2}}, s.asked)
}

func TestFetchMayUseItsLoader(t *testing.T) {
	t.Parallel()
	var l *batch.Loader[int, int]
	l = batch.New(t.Context(), func(ctx context.Context, keys []int) (map[int]int, error) {
		if keys[0] == 0 {
			return map[int]int{0: 1}, nil
		}
		below, err := l.Load(ctx, keys[0]-1)
		return map[int]int{keys[0]: below * 2}, err
	})
	v, err := l.Load(t.Context(), 10)
	require.NoError(t, err)
	require.Equal(t, 1024, v)
}

func TestConcurrentLoads(t *testing.T) {
	t.Parallel()
	var s squares
	l := batch.New(t.Context(), s.fetch)
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			v, err := l.Load(t.Context(), i%10)
			require.NoError(t, err)
			require.Equal(t, i%10*(i%10), v)
			l.Clear(i % 10)
		})
	}
	wg.Wait()
}
