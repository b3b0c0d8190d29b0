package privacy

import (
	"time"

	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/clock"
	"github.com/aiqhq/aiq/internal/job"
	"github.com/aiqhq/aiq/internal/store"
)

// Service gives people what is kept about them.
type Service struct {
	store    *store.Store
	clock    clock.Clock
	accounts *account.Service
	jobs     *job.Queue
}

// New makes a service.
func New(st *store.Store, now clock.Clock, accounts *account.Service, jobs *job.Queue) *Service {
	return &Service{store: st, clock: now, accounts: accounts, jobs: jobs}
}

const (
	// exportLife is how long a finished document is there.
	exportLife = 7 * 24 * time.Hour
	// pageSize is how many rows are held in memory at once.
	pageSize = 500
	// partSize is how many compressed bytes are.
	partSize = 256 << 10
)
