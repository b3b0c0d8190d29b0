package vocab

// ExportState is where an export of a person's data stands.
type ExportState string

// The states of an export.
const (
	ExportPending ExportState = "PENDING"
	ExportReady   ExportState = "READY"
)

// Values lists the words as the data model stores them.
func (ExportState) Values() []string { return words(ExportPending, ExportReady) }

// ErasureMode is what becomes of the tests of a person who is deleted.
type ErasureMode string

// The modes.
const (
	// Erase leaves no row of the person.
	Erase ErasureMode = "ERASE"
	// Deidentify keeps tests, answers and results under somebody of whom nothing
	// else is known.
	Deidentify ErasureMode = "DEIDENTIFY"
)

// Values lists the words as the data model stores them.
func (ErasureMode) Values() []string { return words(Erase, Deidentify) }
