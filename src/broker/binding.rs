//! Bindings: from an exchange to a queue or to another exchange. Source: rules BND-1 to BND-5, RT-11.

use super::error::{Failure, Handled, failure};
use super::exchange::{Binding, Destination, ExchangeId, ExchangeKind};
use super::users::Permission;
use super::{Broker, Out, Step};
use crate::amqp::{BindArguments, Name, QueueId, ReplyCode, ServerMethod};
use crate::observe::Fact;
use crate::rules;

impl Broker {
    pub(super) fn bind_queue(
        &mut self,
        place: u32,
        mut bind: BindArguments,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        self.name_last_queue(place, &mut bind)?;
        Self::not_the_default_exchange(bind.source)?;
        let vhost = self.channels[place].vhost;
        self.check_queue_permission(place, Permission::Write, bind.destination)?;
        self.check_exchange_permission(place, Permission::Read, bind.source)?;
        // Where both are missing, the exchange is the one reported. Source: rule BND-2.
        let source = self.existing_exchange(vhost, bind.source, rules::BND_2)?;
        let queue = self.existing_queue(place, bind.destination)?;
        self.check_binding(source, &bind)?;
        self.add_binding(source, Destination::Queue(queue), &bind, step);
        step.out.send(self.channels[place].at, ServerMethod::QueueBindOk);
        Ok(())
    }

    pub(super) fn unbind_queue(
        &mut self,
        place: u32,
        mut bind: BindArguments,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        self.name_last_queue(place, &mut bind)?;
        Self::not_the_default_exchange(bind.source)?;
        self.check_queue_permission(place, Permission::Write, bind.destination)?;
        self.check_exchange_permission(place, Permission::Read, bind.source)?;
        let vhost = self.channels[place].vhost;
        let ends = (self.find_exchange(vhost, bind.source), self.find_queue(vhost, bind.destination));
        if let (Some(source), Some(queue)) = ends {
            let destination = Destination::Queue(queue);
            // Whether the binding exists is asked before whether the queue may be touched. Source: rule CON-19.
            if self.exchanges[source.0].is_bound(bind.routing_key, destination, &bind.arguments) {
                self.not_locked(place, queue)?;
                self.remove_binding(source, destination, &bind, step);
            }
        }
        step.out.send(self.channels[place].at, ServerMethod::QueueUnbindOk);
        Ok(())
    }

    pub(super) fn bind_exchange(
        &mut self,
        place: u32,
        bind: &BindArguments,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        Self::not_the_default_exchange(bind.destination)?;
        Self::not_the_default_exchange(bind.source)?;
        self.check_exchange_permission(place, Permission::Write, bind.destination)?;
        self.check_exchange_permission(place, Permission::Read, bind.source)?;
        let vhost = self.channels[place].vhost;
        let source = self.existing_exchange(vhost, bind.source, rules::BND_2)?;
        let destination = self.existing_exchange(vhost, bind.destination, rules::BND_2)?;
        self.check_binding(source, bind)?;
        self.add_binding(source, Destination::Exchange(destination), bind, step);
        step.out.send(self.channels[place].at, ServerMethod::ExchangeBindOk);
        Ok(())
    }

    pub(super) fn unbind_exchange(
        &mut self,
        place: u32,
        bind: &BindArguments,
        step: &mut Step<'_, impl Out>,
    ) -> Handled {
        Self::not_the_default_exchange(bind.destination)?;
        Self::not_the_default_exchange(bind.source)?;
        self.check_exchange_permission(place, Permission::Write, bind.destination)?;
        self.check_exchange_permission(place, Permission::Read, bind.source)?;
        let vhost = self.channels[place].vhost;
        let ends = (self.find_exchange(vhost, bind.source), self.find_exchange(vhost, bind.destination));
        if let (Some(source), Some(destination)) = ends {
            self.remove_binding(source, Destination::Exchange(destination), bind, step);
        }
        step.out.send(self.channels[place].at, ServerMethod::ExchangeUnbindOk);
        Ok(())
    }

    /// An empty queue name stands for the queue declared last; then an empty key stands for its name.
    /// Source: rule BND-3.
    fn name_last_queue(&self, place: u32, bind: &mut BindArguments) -> Handled {
        if bind.destination == Name::EMPTY {
            bind.destination = self.last_queue(place)?;
            if bind.routing_key == Name::EMPTY {
                bind.routing_key = bind.destination;
            }
        }
        Ok(())
    }

    fn existing_queue(&self, place: u32, name: Name) -> Result<QueueId, Failure> {
        let vhost = self.channels[place].vhost;
        let queue = self.find_queue(vhost, name).ok_or_else(|| {
            failure(ReplyCode::NotFound, rules::BND_2, format!("no {}", self.queue_resource(vhost, name)))
        })?;
        self.not_locked(place, queue)?;
        Ok(queue)
    }

    /// Whether the exchange takes such a binding. Source: rules RT-4 and RT-8.
    fn check_binding(&self, source: ExchangeId, bind: &BindArguments) -> Handled {
        let exchange = &self.exchanges[source.0];
        if let Some(text) = exchange.binding_refusal(&bind.arguments) {
            return Err(failure(ReplyCode::PreconditionFailed, rules::RT_8, text));
        }
        let key = self.names.text(bind.routing_key);
        if let Some(max) = self.profile.topic_hashes_max
            && exchange.kind == ExchangeKind::Topic
        {
            let hashes = key.split('.').filter(|word| *word == "#").count();
            if hashes > max as usize {
                let text = format!(
                    "Topic binding key '{key}' uses {hashes} '#' wildcards, at most {max} are allowed"
                );
                return Err(failure(ReplyCode::PreconditionFailed, rules::RT_4, text));
            }
        }
        Ok(())
    }

    fn add_binding(
        &mut self,
        source: ExchangeId,
        destination: Destination,
        bind: &BindArguments,
        step: &mut Step<'_, impl Out>,
    ) {
        let binding = Binding { destination, arguments: bind.arguments.clone() };
        if self.exchanges[source.0].bind(bind.routing_key, binding) {
            self.topology += 1;
            let BindArguments { source, destination, routing_key, .. } = *bind;
            step.out.fact(Fact::Bound { source, destination, routing_key }, rules::BND_1);
        }
    }

    fn remove_binding(
        &mut self,
        source: ExchangeId,
        destination: Destination,
        bind: &BindArguments,
        step: &mut Step<'_, impl Out>,
    ) {
        let gone = self.exchanges[source.0].unbind(|key, binding| {
            key == bind.routing_key
                && binding.destination == destination
                && binding.arguments.same_as(&bind.arguments)
        });
        if !gone.is_empty() {
            self.topology += 1;
            let fact = Fact::Unbound {
                source: bind.source,
                destination: bind.destination,
                routing_key: bind.routing_key,
            };
            step.out.fact(fact, rules::BND_1);
            self.delete_unbound(&[source], step);
        }
    }

    /// Takes all bindings to `destination` away. Exchanges that delete themselves with their last binding follow.
    /// Source: rules EX-12 and BND-5.
    pub(super) fn unbind_destination(
        &mut self,
        destination: Destination,
        vhost: u16,
        name: Name,
        step: &mut Step<'_, impl Out>,
    ) {
        let mut touched = Vec::new();
        let sources: Vec<ExchangeId> = self.vhosts[vhost as usize].exchanges.values().copied().collect();
        for id in sources {
            let exchange = &mut self.exchanges[id.0];
            let source = exchange.name;
            for (routing_key, _) in exchange.unbind(|_, binding| binding.destination == destination) {
                step.out.fact(Fact::Unbound { source, destination: name, routing_key }, rules::BND_5);
                touched.push(id);
            }
        }
        self.topology += 1;
        touched.dedup();
        self.delete_unbound(&touched, step);
    }

    fn delete_unbound(&mut self, touched: &[ExchangeId], step: &mut Step<'_, impl Out>) {
        for id in touched {
            let lonely = self.exchanges.get(id.0).is_some_and(|e| e.auto_delete && e.bindings.is_empty());
            if lonely {
                self.remove_exchange(*id, rules::EX_12, step);
            }
        }
    }
}
