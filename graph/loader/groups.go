package loader

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/group"
	"github.com/aiqhq/aiq/ent/db/groupinvitation"
	"github.com/aiqhq/aiq/ent/db/groupmembership"
	"github.com/aiqhq/aiq/ent/db/testresult"
	"github.com/aiqhq/aiq/graph/scalar"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/store"
)

// The orders of the lists of groups.
var (
	oldestMemberships = Order[*db.GroupMembership]{Name: "oldest memberships", ID: func(m *db.GroupMembership) int64 { return int64(m.ID) }}
	newestInvitations = Order[*db.GroupInvitation]{Name: "newest invitations", Desc: true, ID: func(i *db.GroupInvitation) int64 { return int64(i.ID) }}
)

var membersOfGroup = relation[ident.Group, *db.GroupMembership]{
	name: "members of group", column: groupmembership.FieldGroupID, order: oldestMemberships,
	parent: groupOf,
	rows:   func(l *Loaders) query[*db.GroupMembership] { return l.memberships },
	count: func(ctx context.Context, l *Loaders, modify func(*sql.Selector), into any) error {
		return l.client.GroupMembership.Query().Modify(modify).Scan(ctx, into)
	},
}

var invitationsOfGroup = relation[ident.Group, *db.GroupInvitation]{
	name: "invitations of group", column: groupinvitation.FieldGroupID, order: newestInvitations,
	parent: func(i *db.GroupInvitation) ident.Group { return i.GroupID },
	rows:   func(l *Loaders) query[*db.GroupInvitation] { return l.invitations },
	count: func(ctx context.Context, l *Loaders, modify func(*sql.Selector), into any) error {
		return l.client.GroupInvitation.Query().Modify(modify).Scan(ctx, into)
	},
}

func groupOf(m *db.GroupMembership) ident.Group { return m.GroupID }

func (l *Loaders) memberships(ctx context.Context, where func(*sql.Selector)) ([]*db.GroupMembership, error) {
	return l.client.GroupMembership.Query().Where(where).All(ctx)
}

func (l *Loaders) invitations(ctx context.Context, where func(*sql.Selector)) ([]*db.GroupInvitation, error) {
	return l.client.GroupInvitation.Query().Where(where).All(ctx)
}

// Groups loads groups.
func (l *Loaders) Groups(ctx context.Context, keys []ident.Group) ([]*db.Group, error) {
	return one(ctx, l, "group", keys,
		func(ctx context.Context, keys []ident.Group) ([]*db.Group, error) {
			return l.client.Group.Query().Where(store.In(group.FieldID, keys)).All(ctx)
		},
		func(g *db.Group) ident.Group { return g.ID })
}

// Memberships loads memberships of groups.
func (l *Loaders) Memberships(ctx context.Context, keys []ident.Membership) ([]*db.GroupMembership, error) {
	return one(ctx, l, "membership", keys, byKey[ident.Membership](l.memberships, groupmembership.FieldID),
		func(m *db.GroupMembership) ident.Membership { return m.ID })
}

// Invitations loads invitations to groups.
func (l *Loaders) Invitations(ctx context.Context, keys []ident.Invitation) ([]*db.GroupInvitation, error) {
	return one(ctx, l, "invitation", keys, byKey[ident.Invitation](l.invitations, groupinvitation.FieldID),
		func(i *db.GroupInvitation) ident.Invitation { return i.ID })
}

// OwnMemberships loads the viewer's membership of each group, nil of those that
// the viewer is not in.
func (l *Loaders) OwnMemberships(ctx context.Context, keys []ident.Group) ([]*db.GroupMembership, error) {
	return one(ctx, l, "own membership of group", keys,
		func(ctx context.Context, keys []ident.Group) ([]*db.GroupMembership, error) {
			return l.client.GroupMembership.Query().
				Where(groupmembership.UserID(l.viewer.ID()), store.In(groupmembership.FieldGroupID, keys)).All(ctx)
		}, groupOf)
}

// MembersOfGroups loads a page of each group's memberships, oldest first.
func (l *Loaders) MembersOfGroups(ctx context.Context, keys []ident.Group, page Page) ([]*Connection[*db.GroupMembership], error) {
	return pages(ctx, l, membersOfGroup, keys, page)
}

// InvitationsOfGroups loads a page of each group's invitations, newest first.
func (l *Loaders) InvitationsOfGroups(ctx context.Context, keys []ident.Group, page Page) ([]*Connection[*db.GroupInvitation], error) {
	return pages(ctx, l, invitationsOfGroup, keys, page)
}

// MemberCounts counts each group's members.
func (l *Loaders) MemberCounts(ctx context.Context, keys []ident.Group) ([]*int, error) {
	totals := make([]Total, len(keys))
	for i, key := range keys {
		totals[i] = totalOf(l, membersOfGroup, key)
	}
	return l.Totals(ctx, totals)
}

// GroupsOfUsers loads the groups that each user is in, in the order of joining.
func (l *Loaders) GroupsOfUsers(ctx context.Context, keys []ident.User) ([][]*db.Group, error) {
	return load(ctx, l, id{relation: "groups of user"}, keys,
		func(ctx context.Context, keys []ident.User) (map[ident.User][]*db.Group, error) {
			rows, err := l.client.Group.Query().Where(func(s *sql.Selector) {
				m := sql.Dialect(s.Dialect()).Table(groupmembership.Table).As("membership")
				store.In(m.C(groupmembership.FieldUserID), keys)(s)
				s.Join(m).On(s.C(group.FieldID), m.C(groupmembership.FieldGroupID))
				s.AppendSelect(sql.As(m.C(groupmembership.FieldUserID), "member"))
				s.OrderBy(m.C(groupmembership.FieldID))
			}).All(ctx)
			if err != nil {
				return nil, err
			}
			out := grouped(keys, nil, func(*db.Group) ident.User { return 0 })
			for _, g := range rows {
				member, err := g.Value("member")
				if err != nil {
					return nil, fmt.Errorf("read a group's member: %w", err)
				}
				key, _ := member.(int64)
				out[ident.User(key)] = append(out[ident.User(key)], g)
			}
			return out, nil
		})
}

// Standing is one member's place on a group's leaderboard.
type Standing struct {
	GroupID  ident.Group    `json:"group_id"`
	UserID   ident.User     `json:"user_id"`
	Rank     int            `json:"rank"`
	Score    float64        `json:"score"`
	ScoredAt scalar.Instant `json:"scored_at"`
}

// Leaderboards ranks the members of each group who share their score by their
// latest results, as many from the top of each as the page holds. Equal scores
// share a rank and stand in the order of joining.
func (l *Loaders) Leaderboards(ctx context.Context, keys []ident.Group, top Page) ([][]*Standing, error) {
	return load(ctx, l, id{"leaderboard of group", top}, keys,
		func(ctx context.Context, keys []ident.Group) (map[ident.Group][]*Standing, error) {
			var rows []*Standing
			err := l.client.GroupMembership.Query().Modify(func(s *sql.Selector) { ranking(s, keys, top.size) }).Scan(ctx, &rows)
			if err != nil {
				return nil, err
			}
			return grouped(keys, rows, func(p *Standing) ident.Group { return p.GroupID }), nil
		})
}

// ranking makes the statement read the best n of each group.
func ranking(s *sql.Selector, groups []ident.Group, n int) {
	from := sql.Dialect(s.Dialect())
	member, result := from.Table(groupmembership.Table), from.Table(testresult.Table)
	latest := from.Select().From(member)
	latest.Join(result).On(member.C(groupmembership.FieldUserID), result.C(testresult.FieldUserID))
	store.In(member.C(groupmembership.FieldGroupID), groups)(latest)
	latest.Where(sql.EQ(member.C(groupmembership.FieldSharesScore), true)).
		AppendSelect(
			sql.As(member.C(groupmembership.FieldID), "membership"),
			member.C(groupmembership.FieldGroupID), member.C(groupmembership.FieldUserID),
			result.C(testresult.FieldScore), result.C(testresult.FieldScoredAt),
		).
		AppendSelectExprAs(sql.RowNumber().PartitionBy(member.C(groupmembership.FieldID)).
			OrderBy(sql.Desc(result.C(testresult.FieldID))), "nth").
		As("latest")

	// Of each member the latest result alone, by score.
	score := sql.Desc(latest.C(testresult.FieldScore))
	ranked := from.Select().From(latest).Where(sql.EQ(latest.C("nth"), 1))
	ranked.AppendSelect(
		latest.C(groupmembership.FieldGroupID), latest.C(groupmembership.FieldUserID),
		latest.C(testresult.FieldScore), latest.C(testresult.FieldScoredAt),
	).
		AppendSelectExprAs(sql.Window(func(b *sql.Builder) { b.WriteString("RANK()") }).
			PartitionBy(latest.C(groupmembership.FieldGroupID)).OrderBy(score), "rank").
		AppendSelectExprAs(sql.RowNumber().PartitionBy(latest.C(groupmembership.FieldGroupID)).
			OrderBy(score, latest.C("membership")), "place").
		As("ranked")

	s.From(ranked).Select(
		ranked.C(groupmembership.FieldGroupID), ranked.C(groupmembership.FieldUserID), ranked.C("rank"),
		ranked.C(testresult.FieldScore), ranked.C(testresult.FieldScoredAt),
	).Where(sql.LTE(ranked.C("place"), n)).OrderBy(ranked.C(groupmembership.FieldGroupID), ranked.C("place"))
}
