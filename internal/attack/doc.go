// Package attack damages files, kills commands, fills disks and runs writers and readers at once.
// It is a test only:
//
//	go test -tags slow ./internal/attack                            # everything, 3 to 4 minutes
//	go test -tags slow ./internal/attack -run Damage/words          # only damage to files of this kind
//	go test -tags slow ./internal/attack -attack.n 1000             # longer
//	go test -tags slow ./internal/attack -attack.seed 0             # other tries; the seed is printed, and repeats them
//	go test -tags slow ./internal/attack -attack.bin ./luminavec    # attack another binary
//	go test -tags slow ./internal/attack -attack.keep DIR           # keep the files of failed tries
//
// These attacks run the program as a user does:
//
//   - Damage: a file of every kind that is read is changed at random, with its checksums
//     recomputed or not.
//   - Killed: a command that writes is killed, or interrupted by a signal, at a random moment.
//   - KilledCollection: a change of a collection is killed while it writes, up to 220 times within a minute.
//   - Full: the disk is full after a random number of bytes, or the folder is read-only.
//   - Race: several writers and readers use one output at the same time.
//   - Truncated: a file is cut while it is being read.
//   - LargeIndex: an index that is checked by block has damaged blocks.
//   - NamedPipe: a command that waits for its input gets SIGTERM.
//
// Whatever happens:
//
//   - The exit status is 0, 1 or 2, and 130 or 143 after a signal.
//   - Messages speak of the user's files, not of Go: no panic, no stack, no type names. They
//     have no control characters, and they are short, whatever the file contains.
//   - Time and memory are bounded.
//   - An output is complete or absent, the old one remains until the new one is complete, and
//     the next writer removes what a killed one has left.
//   - From a file with a checksum that does not match, no answer differs from that of the
//     undamaged file.
package attack
