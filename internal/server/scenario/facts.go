package scenario

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/crypto/bcrypt"

	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/bank/bankfile"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/server/servertest"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// fact is a kind of line of a given state.
type fact struct {
	pattern *regexp.Regexp
	make    func(w *world, s step, args []string)
}

// facts are all kinds. A person called ada has the address ada@example.org and the
// password of all, adaptive-testing; <ada> stands for the id.
func facts() []fact {
	return []fact{
		{line(`NAME is a taker`), func(w *world, s step, args []string) { w.join(s, args[0], account.Registration{}) }},
		{line(`NAME is a taker who need not wait`), func(w *world, s step, args []string) {
			w.join(s, args[0], account.Registration{CooldownBypass: true})
		}},
		{line(`NAME is an administrator`), func(w *world, s step, args []string) {
			w.join(s, args[0], account.Registration{Role: vocab.Admin, CooldownBypass: true})
		}},
		{line(`the operator made NAME an administrator`), (*world).appoint},
		{line(`NAME has a bcrypt password`), (*world).oldPassword},
		{line(`NAME has the device NAME`), (*world).device},
		{line(`NAME (completed|abandoned) a test NUMBER days? ago`), (*world).tookTest},
		{line(`there are NUMBER questions`), func(w *world, s step, args []string) { w.UseItems(w.number(s, args[0]), discrimination) }},
		{line(`there are NUMBER questions for forms`), func(w *world, s step, args []string) {
			w.UseRecords(servertest.FormItems(w.number(s, args[0])))
		}},
		{line(`there are NUMBER memory questions`), func(w *world, s step, args []string) {
			all := servertest.FormItems(w.number(s, args[0]) * len(vocab.Domains()))
			w.UseRecords(slices.DeleteFunc(all, func(r bankfile.Record) bool { return r.Domain != vocab.Memory }))
		}},
	}
}

// discrimination is that of the questions of adaptive tests.
const discrimination = 1.5

func (w *world) given(s step) {
	w.t.Helper()
	for text := range strings.Lines(s.body) {
		text = strings.TrimSpace(text)
		known := false
		for _, f := range facts() {
			if found := f.pattern.FindStringSubmatch(text); found != nil {
				f.make(w, s, found[1:])
				known = true
				break
			}
		}
		require.True(w.t, known, "%s: no fact reads %q", s.at, text)
	}
}

func (w *world) join(s step, name string, r account.Registration) {
	w.t.Helper()
	r.Email, r.Password = name+"@example.org", servertest.Password
	viewer, tokens, err := w.Accounts.Register(w.ctx, r)
	require.NoError(w.t, err, s.at)
	w.known(name, r.Email, viewer.ID(), tokens)
}

// appoint has the operator make an account, beside the server; its token comes with
// the first operation.
func (w *world) appoint(s step, args []string) {
	w.t.Helper()
	r := account.Registration{Email: args[0] + "@example.org", Password: servertest.Password, Role: vocab.Admin}
	u, err := w.Accounts.Create(w.ctx, r)
	require.NoError(w.t, err, s.at)
	w.known(args[0], r.Email, u.ID, &account.Tokens{})
}

// known has the scenario know a person by the name.
func (w *world) known(name, email string, id ident.User, tokens *account.Tokens) {
	w.people[name] = &person{email, tokens.AccessToken, tokens.AccessTokenExpiresAt}
	w.values[name] = ident.Global{Kind: ident.KindUser, Key: int64(id)}.String()
}

func (w *world) oldPassword(s step, args []string) {
	w.t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(servertest.Password), bcrypt.MinCost)
	require.NoError(w.t, err)
	w.write(s, func(ctx context.Context, tx *store.Tx) error {
		return tx.User.Update().Where(user.Email(w.people[args[0]].email)).SetPasswordHash(string(hash)).Exec(ctx)
	})
}

func (w *world) device(s step, args []string) {
	w.t.Helper()
	w.write(s, func(ctx context.Context, tx *store.Tx) error {
		id, err := w.person(ctx, tx, args[0])
		if err != nil {
			return err
		}
		now := w.clock.Now()
		return tx.Device.Create().SetUserID(id).SetPlatform(vocab.IOS).SetToken(servertest.PushToken(args[1])).
			SetCreatedAt(now).SetLastSeenAt(now).Exec(ctx)
	})
}

func (w *world) tookTest(s step, args []string) {
	w.t.Helper()
	state := map[string]vocab.SessionState{"completed": vocab.Completed, "abandoned": vocab.Abandoned}[args[1]]
	at := w.clock.Now().Add(-time.Duration(w.number(s, args[2])) * 24 * time.Hour)
	w.write(s, func(ctx context.Context, tx *store.Tx) error {
		id, err := w.person(ctx, tx, args[0])
		if err != nil {
			return err
		}
		return tx.TestSession.Create().SetUserID(id).SetKind(vocab.Fixed).SetState(state).
			SetSeed(1).SetMaximum(1).SetSteps([]vocab.Step{}).SetSeen([]ident.Question{}).
			SetStartedAt(at.Add(-time.Hour)).SetLastActivityAt(at).SetEndedAt(at).Exec(ctx)
	})
}

func (w *world) person(ctx context.Context, tx *store.Tx, name string) (ident.User, error) {
	return tx.User.Query().Where(user.Email(w.people[name].email)).OnlyID(ctx)
}

func (w *world) write(s step, fn func(context.Context, *store.Tx) error) {
	w.t.Helper()
	require.NoError(w.t, w.Store.Tx(w.ctx, fn), s.at)
}
