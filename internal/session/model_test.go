package session_test

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/internal/config"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

var (
	sequences = flag.Int("sequences", 20, "sequences of random operations on each database")
	firstSeed = flag.Uint64("seed", 1, "seed of the first sequence; each further one has the next")
)

const (
	// peopleAtOnce is how many sequences run at the same time.
	peopleAtOnce = 8
	// turns is how often one or both devices of a person do something.
	turns = 30
)

// A person's two devices do anything in any order over a network that loses
// replies, repeats requests and delivers them late. Whatever they do, what was
// acknowledged is what is stored and scored, and nothing is told too early.
//
// A failure names its seed: `-seed N -sequences 1` runs that sequence alone.
func TestModelOfTwoDevicesOnABadNetwork(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		settings := config.Defaults()
		settings.DatabaseURL = databaseURL
		settings.Tests.FormLength = 5
		s := servertest.Configured(t, settings, server.Options{Rules: brief()})
		world := newWorld(t, s)

		var (
			takers = s.Takers(*sequences)
			next   = make(chan int)
			done   sync.WaitGroup
			mu     sync.Mutex
			total  tally
		)
		for range peopleAtOnce {
			done.Go(func() {
				replayer := session.NewReplayer(s.Store)
				for i := range next {
					seed := *firstSeed + uint64(i)
					p := newPerson(world, takers[i], replayer, seed)
					if err := p.live(t.Context()); err != nil {
						t.Errorf("seed %d: %v\n%s", seed, err, strings.Join(p.log, "\n"))
					}
					mu.Lock()
					total.add(p.tally)
					mu.Unlock()
				}
			})
		}
		for i := range *sequences {
			next <- i
		}
		close(next)
		done.Wait()
		t.Logf("%d sequences: %s", *sequences, total)
		require.Positive(t, total.replies)
	})
}

// tally counts what happened, so that it shows that it did.
type tally struct{ requests, replies, cut, together, acknowledged, taken, scored int }

func (a *tally) add(b tally) {
	a.requests += b.requests
	a.replies += b.replies
	a.cut += b.cut
	a.together += b.together
	a.acknowledged += b.acknowledged
	a.taken += b.taken
	a.scored += b.scored
}

func (a tally) String() string {
	return fmt.Sprintf("%d requests (%d at the same time as others), %d replies, %d connections cut before the reply, %d answers acknowledged, %d tests, %d results",
		a.requests, a.together, a.replies, a.cut, a.acknowledged, a.taken, a.scored)
}

// world is what all sequences share.
type world struct {
	*servertest.Server
	// items are the questions by their global ids, and ids those by the number in
	// their wording.
	items map[string]item
	ids   map[string]string
}

// item is a question as its author knows it.
type item struct {
	key    string
	memory bool
}

// The parts of a question, each of which tells by itself which question it is of.
const (
	wording     = "Which of these is %d?"
	remembered  = "Keep in mind: %d!"
	explanation = "The reason is %d."
)

// questionsOfTheModel are as many as a few tests need, so that some people meet them all.
const questionsOfTheModel = 48

func newWorld(t *testing.T, s *servertest.Server) *world {
	t.Helper()
	records := servertest.FormItems(questionsOfTheModel)
	for i := range records {
		records[i].Text, records[i].Explanation = fmt.Sprintf(wording, i), fmt.Sprintf(explanation, i)
		if records[i].Stimulus != "" {
			records[i].Stimulus = fmt.Sprintf(remembered, i)
		}
	}
	s.UseRecords(records)
	w := &world{
		Server: s, items: map[string]item{}, ids: map[string]string{},
	}
	for _, q := range s.Store.Reader().Question.Query().AllX(context.WithoutCancel(t.Context())) {
		id := globalID(ident.KindQuestion, int64(q.ID))
		w.items[id] = item{key: q.Key, memory: q.Stimulus != nil}
		w.ids[tellsWording.FindStringSubmatch(*q.Text)[1]] = id
	}
	return w
}

func globalID(kind ident.Kind, key int64) string { return ident.Global{Kind: kind, Key: key}.String() }
