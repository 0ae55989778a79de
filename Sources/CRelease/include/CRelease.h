/// Commit and date of the sources that this was built from, as "4f3a2b1c0d9e, 2026-01-31"; "unreleased" when whoever
/// built it did not say. C, because only a C compiler takes a text from the command line of a build.
const char *certfleet_release(void);
