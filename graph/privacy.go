package graph

import (
	"time"

	"github.com/aiqhq/aiq/ent/db"
	"github.com/aiqhq/aiq/graph/model"
	"github.com/aiqhq/aiq/internal/account"
	"github.com/aiqhq/aiq/internal/ident"
	"github.com/aiqhq/aiq/internal/vocab"
)

// DownloadPath is where the server gives out finished data exports: their ids
// follow.
const DownloadPath = "/exports/"

// downloadPath is the path of a document that is there at the moment.
func downloadPath(now time.Time) func(*db.DataExport) *string {
	return func(e *db.DataExport) *string {
		if e.State != vocab.ExportReady || !e.ExpiresAt.After(now) {
			return nil
		}
		path := DownloadPath + ident.Global{Kind: ident.KindDataExport, Key: int64(e.ID)}.String()
		return &path
	}
}

// proof is what the input brings to show that it is the person who asks.
func proof(in model.DeleteAccountInput) account.Proof {
	out := account.Proof{Password: in.Password}
	if i := in.Identity; i != nil {
		out.Identity = &account.IdentityProof{Provider: i.Provider, IDToken: i.IDToken, Nonce: text(i.Nonce)}
	}
	return out
}
