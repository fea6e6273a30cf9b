#ifndef POP3_EXT_INPUT_H
#define POP3_EXT_INPUT_H

struct client;

/* Puts our reading of commands in place of the host's. To be called once, when
   the host has finished with client->input and client->output and has not read
   a command. No-op for clients without the plugin. */
void pop3_ext_input_install(struct client *client);

/* The host's judgement of a command's result: below 0 it counts as a bad
   command, and too many of them in a row end the session. Nothing is said yet
   of a command that goes on (POP3_EXT_MORE). */
void pop3_ext_input_judge(struct client *client, int result);

/* Goes on with the command that runs, and then with what the client has sent
   after it, as the flush callback does. The client may be gone afterwards. */
void pop3_ext_input_continue(struct client *client);

/* Around a command's own reading of a body from client->input, by its own io:
   more of it may wait in memory than of a command line. */
void pop3_ext_input_body_begin(struct client *client);
void pop3_ext_input_body_end(struct client *client);

#endif
