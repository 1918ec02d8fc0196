// What dev.simclr.peer.Empty calls: nothing but the way to native code and back.

#include <jni.h>

JNIEXPORT jint JNICALL Java_dev_simclr_peer_Empty_call(JNIEnv* env, jclass type) {
  (void)env;
  (void)type;
  return 1;
}
