package graph

import (
	"github.com/aiqhq/aiq/graph/model"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/session"
)

// mostWatched is the most people whom one filter of live sessions names.
const mostWatched = 100

// liveFilter is which tests are to be told of.
func liveFilter(in *model.LiveSessionFilter) (out session.LiveFilter, err error) {
	if in == nil {
		return out, nil
	}
	if len(in.UserIds) > mostWatched {
		return out, fault.Invalid("filter.userIds", "max_length", "At most %d people can be named.", mostWatched)
	}
	out.Kinds, out.Changes = in.Kinds, in.Changes
	for _, id := range in.UserIds {
		out.Users = append(out.Users, ident.As[ident.User](*id, ident.KindUser))
	}
	return out, nil
}
