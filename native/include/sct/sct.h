/* Everything: the C interface of libsimclr_torch. */
#ifndef SCT_SCT_H
#define SCT_SCT_H

#include "augment.h"
#include "autocast.h"
#include "autograd.h"
#include "batch_norm.h"
#include "compare.h"
#include "context.h"
#include "contrastive.h"
#include "cuda.h"
#include "device.h"
#include "dtype.h"
#include "index.h"
#include "linalg.h"
#include "memory.h"
#include "nn.h"
#include "nt_xent.h"
#include "op.h"
#include "optim.h"
#include "pointwise.h"
#include "random.h"
#include "reduce.h"
#include "region.h"
#include "shape.h"
#include "status.h"
#include "sup_con.h"
#include "tensor.h"
#include "version.h"

#endif
