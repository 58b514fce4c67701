//! Scenario files: what a policy must and must not allow, as data, decided twice.
