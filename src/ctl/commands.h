/* The commands, one file each; all return an exit code (ctl/ctl.h). */
#pragma once

int cmd_verify(int argc, char **argv);
int cmd_sign(int argc, char **argv);
int cmd_cert(int argc, char **argv);
int cmd_keys(int argc, char **argv);
int cmd_call(int argc, char **argv);
int cmd_phone(int argc, char **argv);
int cmd_sandbox(int argc, char **argv);
int cmd_sandbox_init(int argc, char **argv);
int cmd_sandbox_run(int argc, char **argv);
int cmd_sandbox_revoke(int argc, char **argv);
int cmd_trust(int argc, char **argv);
int cmd_trust_add(int argc, char **argv);
int cmd_trust_list(int argc, char **argv);
int cmd_trust_check(int argc, char **argv);
int cmd_coid(int argc, char **argv);
int cmd_coid_reconcile(int argc, char **argv);
int cmd_coid_usage(int argc, char **argv);
int cmd_coid_evidence(int argc, char **argv);
int cmd_coid_decide(int argc, char **argv);
int cmd_coid_decisions(int argc, char **argv);
int cmd_coid_news(int argc, char **argv);
int cmd_user(int argc, char **argv);
int cmd_user_add(int argc, char **argv);
int cmd_user_list(int argc, char **argv);
int cmd_user_remove(int argc, char **argv);
int cmd_user_role(int argc, char **argv);
int cmd_user_password(int argc, char **argv);
int cmd_user_lock(int argc, char **argv);
int cmd_user_unlock(int argc, char **argv);
int cmd_user_totp(int argc, char **argv);
int cmd_journal(int argc, char **argv);
int cmd_journal_verify(int argc, char **argv);
int cmd_journal_archive(int argc, char **argv);
int cmd_journal_restore(int argc, char **argv);
int cmd_journal_search(int argc, char **argv);
