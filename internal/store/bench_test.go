package store_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/aiqhq/aiq/ent/db/question"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/store/storetest"
)

// Entities by a thousand keys in one statement, as a loader reads them.
func BenchmarkReadByKeys(b *testing.B) {
	for _, d := range storetest.Dialects() {
		b.Run(d, func(b *testing.B) {
			s := storetest.Open(b, d)
			ids := addQuestions(b, s, 1000)
			b.ReportAllocs()
			for b.Loop() {
				list, err := s.Reader().Question.Query().Where(store.In(question.FieldID, ids)).All(b.Context())
				require.NoError(b, err)
				require.Len(b, list, len(ids))
			}
		})
	}
}

// One transaction that changes one row.
func BenchmarkTx(b *testing.B) {
	for _, d := range storetest.Dialects() {
		b.Run(d, func(b *testing.B) {
			s := storetest.Open(b, d)
			id := addUser(b, s)
			b.ReportAllocs()
			for b.Loop() {
				write(b, s, func(ctx context.Context, tx *store.Tx) error {
					return tx.User.UpdateOneID(id).SetLastLoginAt(noon).Exec(ctx)
				})
			}
		})
	}
}

// The same from many goroutines at once, each on a row of its own.
func BenchmarkTxParallel(b *testing.B) {
	for _, d := range storetest.Dialects() {
		b.Run(d, func(b *testing.B) {
			s := storetest.Open(b, d)
			const each = 16 // goroutines for each processor
			ids := make(chan ident.User, each*runtime.GOMAXPROCS(0))
			for range cap(ids) {
				ids <- addUser(b, s)
			}
			b.SetParallelism(each)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				id := <-ids
				for pb.Next() {
					if err := s.Tx(b.Context(), func(ctx context.Context, tx *store.Tx) error {
						return tx.User.UpdateOneID(id).SetLastLoginAt(noon).Exec(ctx)
					}); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
