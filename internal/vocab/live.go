package vocab

// LiveChange is what happened last in a test, as those see it who watch all that
// are going on.
type LiveChange string

// The changes.
const (
	LiveStarted   LiveChange = "STARTED"
	LiveAnswered  LiveChange = "ANSWERED"
	LiveIdle      LiveChange = "IDLE"
	LiveCompleted LiveChange = "COMPLETED"
	LiveAbandoned LiveChange = "ABANDONED"
	LiveExpired   LiveChange = "EXPIRED"
)

// JobState is where a long job stands.
type JobState string

// The states of a job.
const (
	JobQueued   JobState = "QUEUED"
	JobRunning  JobState = "RUNNING"
	JobFinished JobState = "FINISHED"
)

// JobKind is what a long job does.
type JobKind string

// The kinds of long jobs.
const JobDataExport JobKind = "DATA_EXPORT"
