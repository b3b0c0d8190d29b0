package session_test

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/bank"
	"github.com/aiqhq/aiq/internal/event"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// taking is someone in the middle of a test.
type taking struct {
	store   *store.Store
	service *session.Service
	items   *bank.Bank
	viewer  auth.Viewer
	at      *db.TestSession
}

// answer gives the next answer, every other one right, and starts the next test
// when one is over: about one time in ten. Who has met the whole bank makes room
// for another person.
func (k *taking) answer(ctx context.Context) (err error) {
	if k.at == nil || k.at.State.Final() {
		k.at, err = k.service.Start(ctx, k.viewer, session.Request{})
		if fault.CodeOf(err) == fault.NoQuestionsAvailable {
			k.at = nil
			k.viewer.User, err = createTaker(ctx, k.store)
		}
		return err
	}
	q, err := k.items.Snapshot().Question(ctx, nil, *k.at.OpenQuestionID)
	if err != nil {
		return err
	}
	option := q.Options[0].ID
	if k.at.Answered%2 == 0 {
		option = q.Key
	}
	k.at, err = k.service.Answer(ctx, k.viewer, session.Answer{Session: k.at.ID, Question: *k.at.OpenQuestionID, Option: option})
	return err
}

const clients = 32

func BenchmarkAnswer(b *testing.B) {
	for _, d := range storetest.Dialects() {
		b.Run(d, func(b *testing.B) {
			st := storetest.Open(b, d)
			service, items, viewer := newService(b, st, event.Alone{})
			b.Run("alone", func(b *testing.B) {
				k := &taking{st, service, items, viewer, nil}
				ctx, statements := store.WithStatements(b.Context())
				for b.Loop() {
					require.NoError(b, k.answer(ctx))
				}
				b.ReportMetric(float64(statements.Count())/float64(b.N), "statements/op")
			})
			b.Run(fmt.Sprintf("%d clients", clients), func(b *testing.B) {
				var failed atomic.Pointer[error]
				takers := make(chan *taking, clients)
				for range clients {
					takers <- &taking{st, service, items, auth.Viewer{User: newTaker(b, st)}, nil}
				}
				b.SetParallelism((clients + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0))
				began := time.Now()
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					k := <-takers
					for pb.Next() {
						err := k.answer(b.Context())
						if err == nil {
							continue
						}
						failed.CompareAndSwap(nil, &err)
						return
					}
				})
				if err := failed.Load(); err != nil {
					b.Fatal(*err)
				}
				b.ReportMetric(float64(b.N)/time.Since(began).Seconds(), "answers/s")
			})
		})
	}
}
