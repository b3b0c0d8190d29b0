package graph

import (
	"context"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/graph/loader"
	"github.com/aiqhq/aiq/graph/model"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/ident"
)

// maxNodes is the most ids that nodes takes at once.
const maxNodes = 100

// nodes finds the things that the ids name, each kind with one loader; nil for
// what does not exist and for what the viewer may not see.
func nodes(ctx context.Context, ids []*ident.Global) ([]model.Node, error) {
	f := finder{ctx: ctx, ids: ids, found: make([]model.Node, len(ids))}
	viewer, loaders := auth.From(ctx), loader.For(ctx)
	if viewer.Anonymous() {
		return f.found, nil
	}
	admin := viewer.IsAdmin()
	find(&f, ident.KindUser, loaders.Users, func(u *db.User) bool { return viewer.MaySee(u.ID) })
	find(&f, ident.KindSession, loaders.Sessions, func(t *db.TestSession) bool { return viewer.MaySee(t.UserID) })
	find(&f, ident.KindResponse, loaders.Responses, func(r *db.Response) bool { return viewer.MaySee(r.UserID) })
	find(&f, ident.KindResult, loaders.Results, func(r *db.TestResult) bool { return viewer.MaySee(r.UserID) })
	find(&f, ident.KindFeedback, loaders.Feedback, func(w *db.Feedback) bool { return w.UserID != nil && viewer.MaySee(*w.UserID) || viewer.IsAdmin() })
	find(&f, ident.KindGroup, visibleGroups, anyone)
	find(&f, ident.KindMembership, visibleMemberships, anyone)
	find(&f, ident.KindInvitation, visibleInvitations, anyone)
	find(&f, ident.KindDataExport, loaders.DataExports, func(e *db.DataExport) bool { return e.UserID == viewer.ID() })
	find(&f, ident.KindDevice, loaders.Devices, func(d *db.Device) bool { return viewer.MaySee(d.UserID) })
	if admin {
		find(&f, ident.KindQuestion, loaders.Questions, anyone)
		find(&f, ident.KindParameters, loaders.Parameters, anyone)
		find(&f, ident.KindItemStatistics, loaders.Statistics, anyone)
		find(&f, ident.KindOptionStatistics, loaders.OptionStatistics, anyone)
		find(&f, ident.KindValidity, loaders.Validities, anyone)
		find(&f, ident.KindAuditEntry, loaders.AuditEntries, anyone)
		find(&f, ident.KindAPIKey, loaders.APIKeys, anyone)
		find(&f, ident.KindClientEvent, loaders.ClientEvents, anyone)
		find(&f, ident.KindNotification, loaders.Notifications, anyone)
	} else {
		find(&f, ident.KindQuestion, servedQuestions, anyone)
	}
	return f.found, f.err
}

func anyone[T any](T) bool { return true }

// servedQuestions loads the questions that were put before the viewer.
func servedQuestions(ctx context.Context, ids []ident.Question) ([]*db.Question, error) {
	loaders := loader.For(ctx)
	served, err := loaders.Served(ctx, ids)
	if err != nil {
		return nil, err
	}
	met := make([]*ident.Question, len(ids))
	for i := range ids {
		if served[i] {
			met[i] = &ids[i]
		}
	}
	return present(ctx, met, loaders.Questions)
}

type finder struct {
	ctx   context.Context
	ids   []*ident.Global
	found []model.Node
	err   error
}

// find fills in the things of one kind that the viewer may see.
func find[K ~int64, T any](f *finder, kind ident.Kind, load func(context.Context, []K) ([]*T, error), visible func(*T) bool) {
	var (
		keys []K
		at   []int
	)
	for i, id := range f.ids {
		if key := ident.As[K](*id, kind); key != 0 && kindIsOpen(f.ctx, kind) {
			keys, at = append(keys, key), append(at, i)
		}
	}
	if len(keys) == 0 || f.err != nil {
		return
	}
	things, err := load(f.ctx, keys)
	if err != nil {
		f.err = err
		return
	}
	for i, thing := range things {
		if thing != nil && visible(thing) {
			f.found[at[i]] = thing
		}
	}
}
