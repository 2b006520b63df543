package train

import "github.com/luminavec/luminavec/internal/training"

// Validation judges a model while it trains: it measures sets at a Cadence, keeps the
// best model, and may stop the run early.
type (
	Validation    = training.Validation
	ValidationSet = training.ValidationSet
	Cadence       = training.Cadence
)
