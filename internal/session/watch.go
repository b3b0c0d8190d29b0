package session

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/predicate"
	"github.com/aiqhq/aiq/ent/db/testresult"
	"github.com/aiqhq/aiq/ent/db/testsession"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Shared is a test at the newest version that is known here, and what belongs to
// it. It is read once for all who watch the test.
type Shared struct {
	Test *db.TestSession

	service  *Service
	question once[*db.Question]
	result   once[*db.TestResult]
}

// Question is the one that is open; nil if none is.
func (t *Shared) Question(ctx context.Context) (*db.Question, error) {
	open := t.Test.OpenQuestionID
	if open == nil {
		return nil, nil
	}
	return t.question.get(ctx, func(ctx context.Context) (*db.Question, error) {
		return t.service.store.Reader().Question.Get(ctx, *open)
	})
}

// Result is that of the test; nil if it has none.
func (t *Shared) Result(ctx context.Context) (*db.TestResult, error) {
	if t.Test.State != vocab.Completed {
		return nil, nil
	}
	return t.result.get(ctx, func(ctx context.Context) (*db.TestResult, error) {
		result, err := t.service.store.Reader().TestResult.Query().Where(testresult.SessionID(t.Test.ID)).Only(ctx)
		if db.IsNotFound(err) {
			return nil, nil
		}
		return result, err
	})
}

// once is a value that is read by the first who asks for it. Who asks meanwhile
// waits, and a failure is the next one's to mend.
type once[T any] struct {
	mu    sync.Mutex
	known bool
	value T
}

// sharedRead bounds a read that serves others than the one who asks.
const sharedRead = 10 * time.Second

func (o *once[T]) get(ctx context.Context, read func(context.Context) (T, error)) (T, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.known {
		return o.value, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sharedRead)
	defer cancel()
	value, err := read(ctx)
	if err != nil {
		return value, fmt.Errorf("load for those who watch a test: %w", store.Fault(err))
	}
	o.value, o.known = value, true
	return value, nil
}

// readShared reads tests for those who watch them.
func (s *Service) readShared(ctx context.Context, keys []ident.Session) ([]*Shared, error) {
	tests, err := s.store.Reader().TestSession.Query().
		Where(predicate.TestSession(store.In(testsession.FieldID, keys))).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load tests: %w", err)
	}
	out := make([]*Shared, len(tests))
	for i, t := range tests {
		out[i] = s.share(t)
	}
	return out, nil
}

// share gives a test to those who watch it, without what only choosing questions
// needs.
func (s *Service) share(t *db.TestSession) *Shared {
	t.Seen = nil
	return &Shared{service: s, Test: t}
}

func (s *Service) versions(ctx context.Context, keys []ident.Session) (map[ident.Session]int, error) {
	tests, err := s.store.Reader().TestSession.Query().
		Where(predicate.TestSession(store.In(testsession.FieldID, keys))).
		Select(testsession.FieldID, testsession.FieldVersion).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("load the versions of tests: %w", err)
	}
	out := make(map[ident.Session]int, len(tests))
	for _, t := range tests {
		out[t.ID] = t.Version
	}
	return out, nil
}

// Watch tells how far the test is. Each call of next waits and gives one step:
// first every version after the given one that the test has reached already, or
// only the present one if after is 0, then each further one in order. It gives
// none after the version that ends the test, when the viewer may no longer see it,
// and when either context ends. Watch fails with NOT_FOUND if the viewer may not
// see the test.
//
// Nothing is kept for who does not ask: versions that came meanwhile are told
// from the newest row, which holds every answer.
func (s *Service) Watch(ctx context.Context, viewer auth.Viewer, id ident.Session, after int) (next func(context.Context) (*Progress, bool), err error) {
	watcher, t, err := s.tests.Open(ctx, id, func(ctx context.Context) (*Shared, error) { return s.visible(ctx, viewer, id) })
	if err != nil {
		return nil, err
	}
	if now := t.Test.Version; after <= 0 || after > now {
		after = now - 1
	}
	return func(ctx context.Context) (*Progress, bool) {
		if after >= t.Test.Version {
			if t.Test.State.Final() {
				return nil, false
			}
			newer, ok := watcher.Next(ctx, after)
			if !ok || !viewer.MaySee(newer.Test.UserID) {
				return nil, false
			}
			t = newer
		}
		after++
		return s.told(t, after), true
	}, nil
}

// told is the test at a version, as it is told to those who watch.
func (s *Service) told(t *Shared, version int) *Progress {
	p := s.progressAt(t.Test, version)
	if version == t.Test.Version {
		p.Shared = t
	}
	return p
}

func (s *Service) visible(ctx context.Context, viewer auth.Viewer, id ident.Session) (*Shared, error) {
	t, err := s.store.Reader().TestSession.Query().Where(testsession.ID(id)).Only(ctx)
	switch {
	case db.IsNotFound(err):
		return nil, fault.Missing("Test")
	case err != nil:
		return nil, fmt.Errorf("load the test: %w", err)
	case !viewer.MaySee(t.UserID):
		return nil, fault.Missing("Test")
	}
	return s.share(t), nil
}
