//! The commands, one file each: the arguments, their help with examples, and what is done with them.
//! They must never act by themselves: all that changes anything goes through the loop.

pub mod arguments;
pub mod calendar;
pub mod changelog;
pub mod check;
pub mod due;
pub mod hotfix;
pub mod init;
pub mod pack;
pub mod post_release;
pub mod postfix;
pub mod publish;
pub mod rehearse;
pub mod release;
pub mod rollback;
pub mod serve;
pub mod smoke;
pub mod status;
pub mod wheels;
