package graph

import (
	"context"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/graph/loader"
	"github.com/aiqhq/aiq/graph/model"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/ident"
)

// members gives what the members of a group may see of the people.
func members(ctx context.Context, people []ident.User) ([]*model.Member, error) {
	users, err := loader.For(ctx).Users(ctx, people)
	if err != nil {
		return nil, err
	}
	viewer := auth.From(ctx).ID()
	return each(users, func(u *db.User) *model.Member {
		if u == nil {
			return nil
		}
		return &model.Member{DisplayName: u.DisplayName, IsViewer: u.ID == viewer}
	}), nil
}

// invitations gives a page of the invitations to each group that the viewer
// manages, nil for the others.
func invitations(ctx context.Context, groups []*db.Group, page loader.Page) ([]*model.Connection[*db.GroupInvitation], error) {
	viewer := auth.From(ctx)
	managed := each(groups, func(g *db.Group) *ident.Group {
		if !viewer.MaySee(g.OwnerID) {
			return nil
		}
		return &g.ID
	})
	return present(ctx, managed, func(ctx context.Context, keys []ident.Group) ([]*model.Connection[*db.GroupInvitation], error) {
		return model.Connections(loader.For(ctx).InvitationsOfGroups(ctx, keys, page))
	})
}

// visibleGroups loads the groups that the viewer is in, and for administrators
// every one.
func visibleGroups(ctx context.Context, ids []ident.Group) ([]*db.Group, error) {
	loaders := loader.For(ctx)
	if auth.From(ctx).IsAdmin() {
		return loaders.Groups(ctx, ids)
	}
	own, err := loaders.OwnMemberships(ctx, ids)
	if err != nil {
		return nil, err
	}
	return present(ctx, each(own, func(m *db.GroupMembership) *ident.Group {
		if m == nil {
			return nil
		}
		return &m.GroupID
	}), loaders.Groups)
}

// visibleMemberships loads the memberships of groups that the viewer sees.
func visibleMemberships(ctx context.Context, ids []ident.Membership) ([]*db.GroupMembership, error) {
	return seenWith(ctx, ids, loader.For(ctx).Memberships,
		func(m *db.GroupMembership) ident.Group { return m.GroupID }, func(*db.Group) bool { return true })
}

// visibleInvitations loads the invitations to groups that the viewer manages.
func visibleInvitations(ctx context.Context, ids []ident.Invitation) ([]*db.GroupInvitation, error) {
	viewer := auth.From(ctx)
	return seenWith(ctx, ids, loader.For(ctx).Invitations,
		func(i *db.GroupInvitation) ident.Group { return i.GroupID },
		func(g *db.Group) bool { return viewer.MaySee(g.OwnerID) })
}

// seenWith loads what belongs to groups, nil where the viewer does not see the
// group or it does not qualify.
func seenWith[K ~int64, T any](ctx context.Context, ids []K, load func(context.Context, []K) ([]*T, error),
	groupOf func(*T) ident.Group, qualifies func(*db.Group) bool,
) ([]*T, error) {
	things, err := load(ctx, ids)
	if err != nil {
		return nil, err
	}
	groups, err := present(ctx, each(things, func(thing *T) *ident.Group {
		if thing == nil {
			return nil
		}
		id := groupOf(thing)
		return &id
	}), visibleGroups)
	if err != nil {
		return nil, err
	}
	for i, g := range groups {
		if g == nil || !qualifies(g) {
			things[i] = nil
		}
	}
	return things, nil
}
