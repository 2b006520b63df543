package estimate

import "os"

// freeMemory is what the system can give, or the control group of this process (a
// container) if that is less; negative when neither tells.
func freeMemory() int64 { return memoryOf(os.DirFS("/")) }
