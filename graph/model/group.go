package model

import (
	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/internal/ident"
)

// Member is what members of a group see of each other.
type Member struct {
	DisplayName *string
	IsViewer    bool
}

// CreateGroupPayload is a new group.
type CreateGroupPayload struct{ Group *db.Group }

// RenameGroupPayload is a group under its new name.
type RenameGroupPayload struct{ Group *db.Group }

// DeleteGroupPayload is the end of a group.
type DeleteGroupPayload struct{ DeletedGroupID ident.Group }

// InviteToGroupPayload is a new code.
type InviteToGroupPayload struct{ Invitation *db.GroupInvitation }

// RevokeGroupInvitationPayload is an invitation that was ended.
type RevokeGroupInvitationPayload struct{ Invitation *db.GroupInvitation }

// JoinGroupPayload is a membership that the viewer now has.
type JoinGroupPayload struct{ Membership *db.GroupMembership }

// LeaveGroupPayload is the end of a membership.
type LeaveGroupPayload struct{ Left bool }

// ShareScorePayload is the viewer's consent as it stands.
type ShareScorePayload struct{ Membership *db.GroupMembership }

// RemoveGroupMemberPayload is a group without the person removed.
type RemoveGroupMemberPayload struct{ Group *db.Group }
