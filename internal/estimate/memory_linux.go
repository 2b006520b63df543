package estimate

import "os"

// freeMemory returns the available memory of the system, or of the control group of this
// process (a container) if that is less; -1 if neither reports it.
func freeMemory() int64 { return memoryOf(os.DirFS("/")) }

// residentMemory returns the memory that this process takes.
func residentMemory() int64 { return resident(os.DirFS("/"), int64(os.Getpagesize())) }
