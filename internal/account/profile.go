package account

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/ent/db/user"
	"github.com/aiqhq/aiq/internal/auth"
	"github.com/aiqhq/aiq/internal/fault"
	"github.com/aiqhq/aiq/internal/store"
	"github.com/aiqhq/aiq/internal/vocab"
)

// Change is what is to become of something that a person may leave out. The
// zero value leaves it as it is.
type Change[T any] struct {
	// Set says that it changes.
	Set bool
	// To is the new value; nil removes what is there.
	To *T
}

// apply calls set with the new value, or remove if there is none.
func (c Change[T]) apply(set func(T) *db.UserUpdate, remove func() *db.UserUpdate) {
	switch {
	case !c.Set:
	case c.To == nil:
		remove()
	default:
		set(*c.To)
	}
}

// ProfileUpdate is what changes of a profile.
type ProfileUpdate struct {
	DisplayName    Change[string]
	BirthYear      Change[int]
	EducationLevel Change[vocab.EducationLevel]
	Country        Change[string]
	Region         Change[string]
}

// UpdateProfile changes what the viewer says about themselves. Spaces around the
// name and the region are dropped, and nothing but spaces removes them. It fails with VALIDATION_FAILED for what
// cannot be.
func (s *Service) UpdateProfile(ctx context.Context, v auth.Viewer, p ProfileUpdate) (*db.User, error) {
	p.DisplayName.To, p.Region.To = trimmed(p.DisplayName.To), trimmed(p.Region.To)
	if err := s.validProfile(p.DisplayName.To, p.BirthYear.To, p.Country.To, p.Region.To); err != nil {
		return nil, err
	}
	var out *db.User
	err := s.store.Tx(ctx, func(ctx context.Context, tx *store.Tx) error {
		update := tx.User.Update().Where(user.ID(v.ID()))
		p.DisplayName.apply(update.SetDisplayName, update.ClearDisplayName)
		p.BirthYear.apply(update.SetBirthYear, update.ClearBirthYear)
		p.EducationLevel.apply(update.SetEducationLevel, update.ClearEducationLevel)
		p.Country.apply(update.SetCountry, update.ClearCountry)
		p.Region.apply(update.SetRegion, update.ClearRegion)
		if err := update.Exec(ctx); err != nil {
			return fmt.Errorf("save the profile: %w", err)
		}
		changed, err := viewer(ctx, tx, v.ID())
		out = changed.User
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// trimmed is the text without the spaces around it, nil if nothing is left.
func trimmed(text *string) *string {
	if text == nil {
		return nil
	}
	out := strings.TrimSpace(*text)
	if out == "" {
		return nil
	}
	return &out
}

// The bounds of a profile.
const (
	maxName       = 100 // characters
	maxRegion     = 100 // characters
	earliestBirth = 1900
)

// validProfile fails for what a profile cannot hold; nil is what it leaves out.
func (s *Service) validProfile(name *string, birthYear *int, country, region *string) error {
	if err := validName(name); err != nil {
		return err
	}
	switch {
	case birthYear != nil && (*birthYear < earliestBirth || *birthYear > s.clock().Year()):
		return fault.Invalid("birthYear", "range", "The year of birth must be from %d to now.", earliestBirth)
	case country != nil && !isCountry(*country):
		return fault.Invalid("country", "iso_3166", "The country must be a two-letter ISO 3166-1 code in capitals.")
	}
	return validText("region", region, maxRegion)
}

func validName(name *string) error { return validText("displayName", name, maxName) }

// validText fails if the text, which came in that field, may not be one line of
// at most that many characters.
func validText(field string, text *string, most int) error {
	switch {
	case text == nil:
		return nil
	case utf8.RuneCountInString(*text) > most:
		return fault.Invalid(field, "max_length", "The text may have at most %d characters.", most)
	case strings.ContainsFunc(*text, unicode.IsControl):
		return fault.Invalid(field, "no_control", "The text may not hold line breaks or other control characters.")
	}
	return nil
}
