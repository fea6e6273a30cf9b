#ifndef MECH_KPOP_H
#define MECH_KPOP_H

extern const char *mech_kpop_version;

void mech_kpop_init(void);
void mech_kpop_deinit(void);

#endif
