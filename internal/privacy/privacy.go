package privacy

import (
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/event"
	"github.com/aiqhq/aiq/internal/group"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/session"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Service gives people what is kept about them, and removes it.
type Service struct {
	store    *store.Store
	clock    clock.Clock
	accounts *account.Service
	groups   *group.Service
	sessions *session.Service
	jobs     *job.Queue
	exports  *event.Topics[ident.DataExport, *db.DataExport]
	mode     vocab.ErasureMode
}

// New makes a service that removes people in that mode. The hub tells how far
// exports are.
func New(st *store.Store, now clock.Clock, accounts *account.Service, groups *group.Service, sessions *session.Service, jobs *job.Queue, hub *event.Hub, mode vocab.ErasureMode) *Service {
	s := &Service{store: st, clock: now, accounts: accounts, groups: groups, sessions: sessions, jobs: jobs, mode: mode}
	s.exports = event.NewTopics(hub, event.Source[ident.DataExport, *db.DataExport]{
		Kind: ident.KindDataExport, Read: s.readExports, Versions: s.exportVersions,
		Of: func(e *db.DataExport) (ident.DataExport, int) { return e.ID, e.Version },
	})
	return s
}

const (
	// exportLife is how long a finished document is there.
	exportLife = 7 * 24 * time.Hour
	// jobTried is longer than a job that fails is tried again.
	jobTried = 30 * 24 * time.Hour
	// pageSize is how many rows are held in memory at once.
	pageSize = 500
	// erasedAtOnce is how many rows one transaction removes: few enough that nobody
	// waits long for it.
	erasedAtOnce = 500
	// erasureLife is how long it can be asked for a finished erasure.
	erasureLife = 30 * 24 * time.Hour
	// partSize is how many compressed bytes are.
	partSize = 256 << 10
)
