dnl host-api.m4 - which forms Dovecot's private interfaces have

# The tables of what we use and no public interface promises; doc/PORTING.md
# says what for. A row is
#
#	NAME | MACRO | DECLARATION
#
# and stands for one form of NAME: that with which DECLARATION compiles after
# the table's headers ("+" before one that need not exist). What is there is
# declared once more, which the compiler allows for exactly the same type:
#
#	FUNCTION(type, name, (arguments))	MEMBER(struct, member, type)
#	VARIABLE(type, name)			FLAG(struct, member), a bit
#	TYPE(name, type, (arguments))		METHOD(struct, member, type, (arguments))
#	CONSTANT(name)				NONE
#
# Of rows in sequence with one NAME the first that compiles is taken, and its
# MACRO defined (src/compat/host-config.h.in); "-" defines nothing. Where none
# compiles, configure says NAME and stops.

m4_define([POP3_EXT_API_lib_headers], [[
lib.h istream-private.h base64.h settings-parser.h master-service.h
dns-lookup.h smtp-client-private.h mail-storage-private.h maildir-storage.h
maildir-uidlist.h dict.h file-lock.h istream-chain.h message-header-parser.h
+test-dir.h
]])
m4_define([POP3_EXT_API_lib], [[
struct setting_parser_info | HOST_2_4 | MEMBER(setting_parser_info, name, const char *)
struct setting_parser_info | - | MEMBER(setting_parser_info, module_name, const char *)
setting_parser_info.plugin_dependency | HOST_PLUGIN_DEPENDENCY | MEMBER(setting_parser_info, plugin_dependency, const char *)
setting_parser_info.plugin_dependency | - | NONE
i_stream_create() | HOST_ISTREAM_HIDDEN_INPUTS | FUNCTION(struct istream *, i_stream_create, (struct istream_private *, struct istream *, int, enum istream_hidden_inputs, enum istream_create_flag))
i_stream_create() | - | FUNCTION(struct istream *, i_stream_create, (struct istream_private *, struct istream *, int, enum istream_create_flag))
dns_lookup() | HOST_DNS_LOOKUP_EVENT | FUNCTION(int, dns_lookup, (const char *, const struct dns_client_parameters *, struct event *, dns_lookup_callback_t *, void *, struct dns_lookup **))
dns_lookup() | HOST_DNS_LOOKUP_EVENT | FUNCTION(void, dns_lookup, (const char *, const struct dns_client_parameters *, struct event *, dns_lookup_callback_t *, void *, struct dns_lookup **))
dns_lookup() | - | FUNCTION(int, dns_lookup, (const char *, const struct dns_lookup_settings *, dns_lookup_callback_t *, void *, struct dns_lookup **))
MASTER_SERVICE_FLAG_CONFIG_BUILTIN | HOST_CONFIG_BUILTIN | CONSTANT(MASTER_SERVICE_FLAG_CONFIG_BUILTIN)
MASTER_SERVICE_FLAG_CONFIG_BUILTIN | - | CONSTANT(MASTER_SERVICE_FLAG_NO_CONFIG_SETTINGS)
test_dir_init() | HOST_TEST_DIR | FUNCTION(void, test_dir_init, (const char *, const char *))
test_dir_init() | - | NONE
dict_lookup() | HOST_DICT_OP_SETTINGS | FUNCTION(int, dict_lookup, (struct dict *, const struct dict_op_settings *, pool_t, const char *, const char **, const char **))
dict_lookup() | - | FUNCTION(int, dict_lookup, (struct dict *, pool_t, const char *, const char **, const char **)) MEMBER(dict_settings, username, const char *) MEMBER(dict_settings, home_dir, const char *)
file_wait_lock() | HOST_FILE_LOCK_SETTINGS | FUNCTION(int, file_wait_lock, (int, const char *, int, const struct file_lock_settings *, unsigned int, struct file_lock **, const char **))
file_wait_lock() | - | FUNCTION(int, file_wait_lock_error, (int, const char *, int, enum file_lock_method, unsigned int, struct file_lock **, const char **))
event_reason_begin() | HOST_EVENT_REASON | FUNCTION(struct event_reason *, event_reason_begin, (const char *, const char *, unsigned int))
event_reason_begin() | - | NONE
i_stream_create_chain() | HOST_CHAIN_BUFFER_SIZE | FUNCTION(struct istream *, i_stream_create_chain, (struct istream_chain **, size_t))
i_stream_create_chain() | - | FUNCTION(struct istream *, i_stream_create_chain, (struct istream_chain **))
i_stream_read_limited() | HOST_READ_LIMITED | FUNCTION(int, i_stream_read_limited, (struct istream *, const unsigned char **, size_t *, size_t))
i_stream_read_limited() | - | NONE
message_header_name_is_valid() | HOST_HEADER_NAME_IS_VALID | FUNCTION(bool, message_header_name_is_valid, (const char *))
message_header_name_is_valid() | - | NONE
smtp_proxy_data.session | HOST_SMTP_PROXY_SESSION | MEMBER(smtp_proxy_data, session, const char *)
smtp_proxy_data.session | - | NONE
struct smtp_client_connection | - | MEMBER(smtp_client_connection, io_cmd_payload, struct io *) MEMBER(smtp_client_connection, conn, struct connection) MEMBER(smtp_client_connection, caps.standard, enum smtp_capability)
struct base64_decoder | - | MEMBER(base64_decoder, sub_pos, unsigned int) FLAG(base64_decoder, seen_end)
struct base64_scheme | - | MEMBER(base64_scheme, decmap, const unsigned char[256])
struct mail_private | - | MEMBER(mail_private, v, struct mail_vfuncs)
struct mail_vfuncs | - | METHOD(mail_vfuncs, get_special, int, (struct mail *, enum mail_fetch_field, const char **)) METHOD(mail_vfuncs, get_virtual_size, int, (struct mail *, uoff_t *))
struct mail_save_context | - | MEMBER(mail_save_context, data.flags, enum mail_flags)
struct mailbox | - | METHOD(mailbox, v.open, int, (struct mailbox *)) METHOD(mailbox, v.is_readonly, bool, (struct mailbox *))
MAILBOX_FLAG_DROP_RECENT | - | CONSTANT(MAILBOX_FLAG_DROP_RECENT)
mail_get_backend_mail() | - | FUNCTION(int, mail_get_backend_mail, (struct mail *, struct mail **))
maildir_uidlist_lookup() | - | FUNCTION(int, maildir_uidlist_lookup, (struct maildir_uidlist *, uint32_t, enum maildir_uidlist_rec_flag *, const char **))
maildir_uidlist_set_ext() | - | FUNCTION(void, maildir_uidlist_set_ext, (struct maildir_uidlist *, uint32_t, enum maildir_uidlist_rec_ext_key, const char *))
maildir_uidlist_update_fname() | - | FUNCTION(void, maildir_uidlist_update_fname, (struct maildir_uidlist *, const char *))
]])

# 2.3 has a header of this name that fits to no other.
m4_define([POP3_EXT_API_settings_headers], [[
lib.h settings.h
]])
m4_define([POP3_EXT_API_settings], [[
settings_event_add_filter_name() | HOST_EVENT_FILTER_NAME | FUNCTION(void, settings_event_add_filter_name, (struct event *, const char *))
settings_event_add_filter_name() | - | NONE
]])

m4_define([POP3_EXT_API_pop3_headers], [[
lib.h mail-user.h mail-storage.h pop3-common.h pop3-commands.h
]])
m4_define([POP3_EXT_API_pop3], [[
client_command_execute() | - | FUNCTION(int, client_command_execute, (struct pop3_command_context *))
client_command_execute() | HOST_COMMAND_BY_STRUCT | FUNCTION(int, client_command_execute, (struct client *, const struct pop3_command *, const char *))
client_command_execute() | - | FUNCTION(int, client_command_execute, (struct client *, const char *, const char *))
pop3_command_find() | - | FUNCTION(const struct pop3_command *, pop3_command_find, (const char *))
pop3_command_find() | - | FUNCTION(int, client_command_execute, (struct client *, const char *, const char *))
struct pop3_command_context | - | MEMBER(pop3_command_context, client, struct client *) MEMBER(pop3_command_context, command, const struct pop3_command *) MEMBER(pop3_command_context, orig_command, const char *) MEMBER(pop3_command_context, orig_args, const char *) MEMBER(pop3_command_context, args, const char *) MEMBER(pop3_command_context, event, struct event *) MEMBER(pop3_command_context, stats.bytes_in, uint64_t) MEMBER(pop3_command_context, stats.bytes_out, uint64_t)
struct pop3_command_context | - | FUNCTION(int, client_command_execute, (struct client *, const char *, const char *))
struct pop3_command_context | - | FUNCTION(int, client_command_execute, (struct client *, const struct pop3_command *, const char *))
pop3_client_created_hook_set() | - | FUNCTION(pop3_client_created_func_t *, pop3_client_created_hook_set, (pop3_client_created_func_t *)) TYPE(pop3_client_created_func_t, void, (struct client **))
client_init_mailbox() | - | FUNCTION(int, client_init_mailbox, (struct client *, const char **))
client_update_mails() | - | FUNCTION(bool, client_update_mails, (struct client *))
client_destroy() | - | FUNCTION(void, client_destroy, (struct client *, const char *))
client_disconnect() | - | FUNCTION(void, client_disconnect, (struct client *, const char *))
client_send_line() | - | FUNCTION(void, client_send_line, (struct client *, const char *, ...))
client_send_storage_error() | - | FUNCTION(void, client_send_storage_error, (struct client *))
pop3_clients | - | VARIABLE(struct client *, pop3_clients)
pop3_module_register | - | VARIABLE(struct pop3_module_register, pop3_module_register)
union pop3_module_context | - | extern __typeof__(((union pop3_module_context *)NULL)->super) super; extern struct pop3_client_vfuncs super;
command_func_t | - | TYPE(command_func_t, void, (struct client *))
client.deleted | HOST_CLIENT_DELETED | FLAG(client, deleted)
client.deleted | - | NONE
client.anvil_conn_guid | - | MEMBER(client, event, struct event *) MEMBER(client, anvil_conn_guid, guid_128_t) FLAG(client, anvil_sent)
client.anvil_conn_guid | - | FUNCTION(int, client_command_execute, (struct client *, const char *, const char *))
client.anvil_conn_guid | - | FUNCTION(int, client_command_execute, (struct client *, const struct pop3_command *, const char *))
client.v | - | MEMBER(client, v, struct pop3_client_vfuncs) METHOD(pop3_client_vfuncs, destroy, void, (struct client *, const char *))
client.io | - | MEMBER(client, io, struct io *)
client.fd_in | - | MEMBER(client, fd_in, int)
client.fd_out | - | MEMBER(client, fd_out, int)
client.input | - | MEMBER(client, input, struct istream *)
client.output | - | MEMBER(client, output, struct ostream *)
client.to_idle | - | MEMBER(client, to_idle, struct timeout *)
client.to_commit | - | MEMBER(client, to_commit, struct timeout *)
client.cmd | - | MEMBER(client, cmd, command_func_t *)
client.cmd_context | - | MEMBER(client, cmd_context, void *)
client.pool | - | MEMBER(client, pool, pool_t)
client.user | - | MEMBER(client, user, struct mail_user *)
client.mailbox | - | MEMBER(client, mailbox, struct mailbox *)
client.trans | - | MEMBER(client, trans, struct mailbox_transaction_context *)
client.deleted_kw | - | MEMBER(client, deleted_kw, struct mail_keywords *)
client.last_input | - | MEMBER(client, last_input, time_t)
client.last_output | - | MEMBER(client, last_output, time_t)
client.bad_counter | - | MEMBER(client, bad_counter, unsigned int)
client.highest_expunged_fetch_msgnum | - | MEMBER(client, highest_expunged_fetch_msgnum, unsigned int)
client.uid_validity | - | MEMBER(client, uid_validity, unsigned int)
client.messages_count | - | MEMBER(client, messages_count, unsigned int)
client.deleted_count | - | MEMBER(client, deleted_count, unsigned int)
client.seen_change_count | - | MEMBER(client, seen_change_count, unsigned int)
client.total_size | - | MEMBER(client, total_size, uoff_t)
client.deleted_size | - | MEMBER(client, deleted_size, uoff_t)
client.last_seen_pop3_msn | - | MEMBER(client, last_seen_pop3_msn, uint32_t)
client.lowest_retr_pop3_msn | - | MEMBER(client, lowest_retr_pop3_msn, uint32_t)
client.all_seqs | - | MEMBER(client, all_seqs.v_modifiable, struct seq_range **)
client.highest_seq | - | MEMBER(client, highest_seq, uint32_t)
client.msgnum_to_seq_map | - | MEMBER(client, msgnum_to_seq_map, uint32_t *)
client.msgnum_to_seq_map_count | - | MEMBER(client, msgnum_to_seq_map_count, uint32_t)
client.message_uidls | - | MEMBER(client, message_uidls, const char **)
client.message_sizes | - | MEMBER(client, message_sizes, uoff_t *)
client.deleted_bitmask | - | MEMBER(client, deleted_bitmask, unsigned char *)
client.seen_bitmask | - | MEMBER(client, seen_bitmask, unsigned char *)
client.set | - | MEMBER(client, set, const struct pop3_settings *)
client.mail_set | - | MEMBER(client, mail_set, const struct mail_storage_settings *)
client.uidl_pool | - | MEMBER(client, uidl_pool, pool_t)
client.uidl_keymask | - | MEMBER(client, uidl_keymask, enum uidl_keys)
client.module_contexts | - | MEMBER(client, module_contexts.v_modifiable, union pop3_module_context ***)
client.disconnected | - | FLAG(client, disconnected)
client.waiting_input | - | FLAG(client, waiting_input)
client.message_uidls_save | - | FLAG(client, message_uidls_save)
client.quit_seen | - | FLAG(client, quit_seen)
mail_user_connection_data.ssl_secured | - | FLAG(mail_user_connection_data, end_client_tls_secured)
mail_user_connection_data.ssl_secured | - | FLAG(mail_user_connection_data, ssl_secured)
]])

# From 2.4.2 to 2.4.4 the sasl-server.h that auth-request.h needs is overwritten
# when Dovecot is installed, by the login process' header of that name.
m4_define([POP3_EXT_API_auth_headers], [[
lib.h auth-common.h settings-parser.h auth-fields.h auth-request.h passdb.h
userdb.h userdb-blocking.h auth.h auth-settings.h
]])
m4_define([POP3_EXT_API_auth], [[
sasl-server.h | - | NONE
passdb_module_interface.preinit() | HOST_PREINIT_PARAMETERS | METHOD(passdb_module_interface, preinit, int, (pool_t, struct event *, const struct passdb_parameters *, struct passdb_module **, const char **)) METHOD(userdb_module_interface, preinit, int, (pool_t, struct event *, const struct userdb_parameters *, struct userdb_module **, const char **))
passdb_module_interface.preinit() | HOST_PREINIT_EVENT | METHOD(passdb_module_interface, preinit, int, (pool_t, struct event *, struct passdb_module **, const char **)) METHOD(userdb_module_interface, preinit, int, (pool_t, struct event *, struct userdb_module **, const char **))
passdb_module_interface.preinit() | - | METHOD(passdb_module_interface, preinit, struct passdb_module *, (pool_t, const char *)) METHOD(userdb_module_interface, preinit, struct userdb_module *, (pool_t, const char *))
lookup_credentials_callback_t | HOST_CREDENTIALS_SCHEME | TYPE(lookup_credentials_callback_t, void, (enum passdb_result, const unsigned char *, size_t, const char *, struct auth_request *))
lookup_credentials_callback_t | - | TYPE(lookup_credentials_callback_t, void, (enum passdb_result, const unsigned char *, size_t, struct auth_request *))
verify_plain_callback_t | - | TYPE(verify_plain_callback_t, void, (enum passdb_result, struct auth_request *))
userdb_callback_t | - | TYPE(userdb_callback_t, void, (enum userdb_result, struct auth_request *))
passdb_module_interface.verify_plain() | - | METHOD(passdb_module_interface, verify_plain, void, (struct auth_request *, const char *, verify_plain_callback_t *))
passdb_module_interface.lookup_credentials() | - | METHOD(passdb_module_interface, lookup_credentials, void, (struct auth_request *, lookup_credentials_callback_t *))
userdb_module_interface.lookup() | - | METHOD(userdb_module_interface, lookup, void, (struct auth_request *, userdb_callback_t *))
auth_find_protocol() | - | FUNCTION(struct auth *, auth_find_protocol, (const char *)) MEMBER(auth_request_fields, protocol, const char *) MEMBER(auth_settings, default_domain, const char *) MEMBER(auth, protocol_set, const struct auth_settings *)
auth_find_protocol() | - | FUNCTION(struct auth *, auth_find_service, (const char *)) MEMBER(auth_request_fields, service, const char *) MEMBER(auth_settings, default_realm, const char *) MEMBER(auth, set, const struct auth_settings *)
passdb_register_module() | - | FUNCTION(void, passdb_register_module, (struct passdb_module_interface *))
userdb_register_module() | - | FUNCTION(void, userdb_register_module, (struct userdb_module_interface *))
userdb_blocking_lookup() | - | FUNCTION(void, userdb_blocking_lookup, (struct auth_request *))
auth_request_set_username() | - | FUNCTION(bool, auth_request_set_username, (struct auth_request *, const char *, const char **))
auth_request_set_username_forced() | - | FUNCTION(void, auth_request_set_username_forced, (struct auth_request *, const char *))
auth_request_set_login_username() | - | FUNCTION(bool, auth_request_set_login_username, (struct auth_request *, const char *, const char **))
auth_request_set_login_username_forced() | - | FUNCTION(void, auth_request_set_login_username_forced, (struct auth_request *, const char *))
auth_request_set_field() | - | FUNCTION(void, auth_request_set_field, (struct auth_request *, const char *, const char *, const char *))
auth_request_set_userdb_field() | - | FUNCTION(void, auth_request_set_userdb_field, (struct auth_request *, const char *, const char *))
auth_fields_add() | - | FUNCTION(void, auth_fields_add, (struct auth_fields *, const char *, const char *, enum auth_field_flags))
auth_fields_find() | - | FUNCTION(const char *, auth_fields_find, (struct auth_fields *, const char *))
auth_fields_exists() | - | FUNCTION(bool, auth_fields_exists, (struct auth_fields *, const char *))
auth_fields_snapshot() | - | FUNCTION(void, auth_fields_snapshot, (struct auth_fields *))
struct auth_request | - | MEMBER(auth_request, pool, pool_t) MEMBER(auth_request, passdb, struct auth_passdb *) MEMBER(auth_request, passdb_result, enum passdb_result) FLAG(auth_request, passdb_success)
struct auth_request_fields | - | MEMBER(auth_request_fields, user, char *) MEMBER(auth_request_fields, translated_username, const char *) MEMBER(auth_request_fields, requested_login_user, char *) MEMBER(auth_request_fields, extra_fields, struct auth_fields *) MEMBER(auth_request_fields, userdb_reply, struct auth_fields *) FLAG(auth_request_fields, cert_username)
struct auth | - | MEMBER(auth, passdbs, struct auth_passdb *) MEMBER(auth, userdbs, struct auth_userdb *)
struct auth_passdb | - | MEMBER(auth_passdb, next, struct auth_passdb *) MEMBER(auth_passdb, passdb, struct passdb_module *) MEMBER(auth_passdb, result_failure, enum auth_db_rule)
struct auth_userdb | - | MEMBER(auth_userdb, next, struct auth_userdb *) MEMBER(auth_userdb, userdb, struct userdb_module *) MEMBER(auth_userdb, result_success, enum auth_db_rule) MEMBER(auth_userdb, result_failure, enum auth_db_rule) MEMBER(auth_userdb, result_internalfail, enum auth_db_rule)
]])

# KPOP's mechanism
m4_define([POP3_EXT_API_mech_headers], [[
auth-common.h +sasl-server-protected.h +mech.h auth-fields.h auth-request.h
+auth-sasl.h auth-request-handler.h auth-settings.h auth.h
]])
m4_define([POP3_EXT_API_mech], [[
mech_register_module() | HOST_LIB_SASL | FUNCTION(void, auth_sasl_mech_register_module, (const struct auth_sasl_mech_module *))
mech_register_module() | - | FUNCTION(void, mech_register_module, (const struct mech_module *))
sasl_server_request_lookup_credentials() | - | FUNCTION(void, sasl_server_request_lookup_credentials, (struct sasl_server_mech_request *, const char *, sasl_server_mech_passdb_callback_t *)) TYPE(sasl_server_mech_passdb_callback_t, void, (struct sasl_server_mech_request *, const struct sasl_passdb_result *))
sasl_server_request_lookup_credentials() | - | FUNCTION(void, auth_request_lookup_credentials, (struct auth_request *, const char *, lookup_credentials_callback_t *)) FUNCTION(void, mech_register_module, (const struct mech_module *))
sasl_server_request_set_authid() | - | FUNCTION(bool, sasl_server_request_set_authid, (struct sasl_server_mech_request *, enum sasl_server_authid_type, const char *)) FUNCTION(bool, sasl_server_request_get_extra_field, (struct sasl_server_mech_request *, const char *, const char **))
sasl_server_request_set_authid() | - | FUNCTION(void, mech_register_module, (const struct mech_module *))
sasl_server_request_output() | - | FUNCTION(void, sasl_server_request_output, (struct sasl_server_mech_request *, const void *, size_t)) FUNCTION(void, sasl_server_request_success, (struct sasl_server_mech_request *, const void *, size_t)) FUNCTION(void, sasl_server_request_failure, (struct sasl_server_mech_request *)) FUNCTION(void, sasl_server_request_internal_failure, (struct sasl_server_mech_request *))
sasl_server_request_output() | - | FUNCTION(void, auth_request_handler_reply_continue, (struct auth_request *, const void *, size_t)) FUNCTION(void, auth_request_success, (struct auth_request *, const void *, size_t)) FUNCTION(void, auth_request_fail, (struct auth_request *)) FUNCTION(void, auth_request_internal_failure, (struct auth_request *)) FUNCTION(void, mech_register_module, (const struct mech_module *))
]])

m4_define([POP3_EXT_API_login_headers], [[
login-common.h master-service.h auth-client.h client-common.h
]])
m4_define([POP3_EXT_API_login], [[
auth_request_callback_t | HOST_AUTH_CALLBACK_ERROR | TYPE(auth_request_callback_t, void, (struct auth_client_request *, enum auth_request_status, const char *, const char *, const char *const *, void *))
auth_request_callback_t | - | TYPE(auth_request_callback_t, void, (struct auth_client_request *, enum auth_request_status, const char *, const char *const *, void *))
auth_client_request_new() | - | FUNCTION(struct auth_client_request *, auth_client_request_new, (struct auth_client *, const struct auth_request_info *, auth_request_callback_t *, void *))
auth_client_request_continue() | - | FUNCTION(void, auth_client_request_continue, (struct auth_client_request *, const char *))
auth_client_request_abort() | - | FUNCTION(void, auth_client_request_abort, (struct auth_client_request **, const char *))
login_client_hooks_add() | - | FUNCTION(void, login_client_hooks_add, (struct module *, const struct login_client_hooks *)) METHOD(login_client_hooks, client_allocated, void, (struct client *))
client_auth_begin_private() | - | FUNCTION(int, client_auth_begin_private, (struct client *, const char *, const char *))
client_destroy() | - | FUNCTION(void, client_destroy, (struct client *, const char *)) FUNCTION(void, client_destroy_iostream_error, (struct client *))
client_get_session_id() | - | FUNCTION(const char *, client_get_session_id, (struct client *))
client_send_raw() | - | FUNCTION(void, client_send_raw, (struct client *, const char *)) FUNCTION(void, client_send_raw_data, (struct client *, const void *, size_t))
struct client_vfuncs | - | METHOD(client_vfuncs, destroy, void, (struct client *)) METHOD(client_vfuncs, input, void, (struct client *)) METHOD(client_vfuncs, notify_auth_ready, void, (struct client *)) METHOD(client_vfuncs, input_next_cmd, bool, (struct client *)) METHOD(client_vfuncs, sasl_filter_mech, bool, (struct client *, struct auth_mech_desc *))
struct client | - | MEMBER(client, vlast, struct client_vfuncs *) MEMBER(client, listener_name, const char *) MEMBER(client, pool, pool_t) MEMBER(client, event, struct event *) MEMBER(client, io, struct io *) MEMBER(client, input, struct istream *) MEMBER(client, ip, struct ip_addr) MEMBER(client, bad_counter, unsigned int)
client.connection_secured | - | FLAG(client, connection_secured)
client.connection_secured | - | FLAG(client, secured)
]])

m4_define([POP3_EXT_API_doveadm_headers], [[
lib.h doveadm.h doveadm-cmd.h doveadm-mail.h doveadm-print.h
]])
m4_define([POP3_EXT_API_doveadm], [[
doveadm_mail_cmd_vfuncs.init() | - | METHOD(doveadm_mail_cmd_context, v.init, void, (struct doveadm_mail_cmd_context *))
doveadm_mail_cmd_vfuncs.init() | - | METHOD(doveadm_mail_cmd_context, v.init, void, (struct doveadm_mail_cmd_context *, const char *const *))
doveadm_mail_cmd_vfuncs.run() | - | METHOD(doveadm_mail_cmd_context, v.run, int, (struct doveadm_mail_cmd_context *, struct mail_user *))
doveadm_cmd_register_ver2() | - | FUNCTION(void, doveadm_cmd_register_ver2, (struct doveadm_cmd_ver2 *))
doveadm_mail_cmd_alloc_size() | - | FUNCTION(struct doveadm_mail_cmd_context *, doveadm_mail_cmd_alloc_size, (size_t))
doveadm_mail_failed_mailbox() | - | FUNCTION(void, doveadm_mail_failed_mailbox, (struct doveadm_mail_cmd_context *, struct mailbox *))
]])

# POP3_EXT_API(TABLE, MISSING)
# ----------------------------
# Adds the MACROs of a table to $pop3_ext_cv_host_api. Does MISSING with the NAME
# in $pop3_ext_missing when one has no form that we know.
AC_DEFUN([POP3_EXT_API], [
  pop3_ext_headers=
  for pop3_ext_header in m4_normalize(POP3_EXT_API_$1_headers); do
    AS_CASE([$pop3_ext_header],
      [+*], [
        pop3_ext_header=`echo "$pop3_ext_header" | tr -d +`
        pop3_ext_headers="$pop3_ext_headers
@%:@if __has_include(<$pop3_ext_header>)
@%:@include <$pop3_ext_header>
@%:@endif"],
      [pop3_ext_headers="$pop3_ext_headers
@%:@include <$pop3_ext_header>"])
  done
  $SED '/^$/d' >conftest.api <<'_EOF'
POP3_EXT_API_$1
_EOF
  # First all that have one form only, at once
  pop3_ext_code=`$AWK -F' [[|]] ' 'NR == FNR { n[[@S|@1]]++ } NR != FNR && n[[@S|@1]] == 1 { print @S|@3 }' conftest.api conftest.api`
  POP3_EXT_API_COMPILE([
    $AWK -F' [[|]] ' 'NR == FNR { n[[@S|@1]]++ } NR != FNR && n[[@S|@1]] > 1' conftest.api conftest.api >conftest.api2
    mv conftest.api2 conftest.api], [])
  echo "- | - | NONE" >>conftest.api
  pop3_ext_missing= pop3_ext_found=
  while read -r pop3_ext_row; do
    pop3_ext_name=${pop3_ext_row%% | *}
    AS_IF([test "x$pop3_ext_name" = "x$pop3_ext_found"], [continue])
    AS_IF([test -n "$pop3_ext_missing" && test "x$pop3_ext_name" != "x$pop3_ext_missing"], [break])
    pop3_ext_row=${pop3_ext_row@%:@* | }
    pop3_ext_macro=${pop3_ext_row%% | *}
    pop3_ext_code=${pop3_ext_row@%:@* | }
    POP3_EXT_API_COMPILE([
      pop3_ext_found=$pop3_ext_name pop3_ext_missing=
      AS_IF([test "x$pop3_ext_macro" != x-], [pop3_ext_cv_host_api="$pop3_ext_cv_host_api $pop3_ext_macro"])
    ], [pop3_ext_missing=$pop3_ext_name])
  done <conftest.api
  AS_IF([test -n "$pop3_ext_missing"], [$2])
])

AC_DEFUN([POP3_EXT_API_COMPILE], [
  AC_COMPILE_IFELSE([AC_LANG_SOURCE([[
$pop3_ext_headers
#define JOIN2(a, b) a##b
#define JOIN(a, b) JOIN2(a, b)
#define NEW JOIN(new, __COUNTER__)
#define FUNCTION(t, f, a) extern __typeof__(&f) NEW; t (f) a;
#define VARIABLE(t, v) extern __typeof__(&v) NEW; extern t v;
#define CONSTANT(c) extern int NEW@<:@(c) + 1@:>@;
#define TYPE(n, t, a) TYPE_AS(n, t, a, NEW)
#define TYPE_AS(n, t, a, f) t f a; extern n f;
#define MEMBER(s, m, t) MEMBER_AS(s, m, t, NEW)
#define MEMBER_AS(s, m, t, n) extern __typeof__(((struct s *)0)->m) n; extern __typeof__(t) n;
#define METHOD(s, m, t, a) METHOD_AS(s, m, t, a, NEW)
#define METHOD_AS(s, m, t, a, f) t f a; MEMBER(s, m, __typeof__(&f))
#define FLAG(s, m) FLAG_AS(s, m, NEW)
#define FLAG_AS(s, m, f) static inline int f(struct s *p) { p->m = !p->m; return p->m; }
#define NONE
$pop3_ext_code
]])], [$1], [$2])
])
