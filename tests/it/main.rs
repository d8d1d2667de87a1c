//! The program, seen from outside.

mod cli;
