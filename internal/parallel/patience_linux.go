package parallel

import "syscall"

// yieldProcessor lets the operating system run another thread. Without it, a thread that waits would
// slow down those it waits for if processors are busy.
func yieldProcessor() { syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
