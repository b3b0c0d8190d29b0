package vocab

// Platform is what a device runs.
type Platform string

// The platforms.
const IOS Platform = "IOS"

// Values lists the words as the data model stores them.
func (Platform) Values() []string { return words(IOS) }

// NotificationKind is what a notification reminds a person of.
type NotificationKind string

// The kinds, in the order in which they come after a test.
const (
	// Encouragement comes on the way to the next test.
	Encouragement NotificationKind = "ENCOURAGEMENT"
	// Due says that the next test can be taken.
	Due NotificationKind = "DUE"
	// Nudge says so once more.
	Nudge NotificationKind = "NUDGE"
)

// NotificationKinds lists every kind.
func NotificationKinds() []NotificationKind { return []NotificationKind{Encouragement, Due, Nudge} }

// Values lists the words as the data model stores them.
func (NotificationKind) Values() []string { return words(NotificationKinds()...) }

// NotificationState is where a notification stands.
type NotificationState string

// The states of a notification.
const (
	// NotificationQueued waits to be sent.
	NotificationQueued NotificationState = "QUEUED"
	// NotificationSent was taken for a device at least.
	NotificationSent NotificationState = "SENT"
	// NotificationDropped is not sent any more.
	NotificationDropped NotificationState = "DROPPED"
)

// Values lists the words as the data model stores them.
func (NotificationState) Values() []string {
	return words(NotificationQueued, NotificationSent, NotificationDropped)
}
